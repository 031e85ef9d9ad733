"""Vectors of numbers in numba's compiled code: several pairs of series at a time, a pair a lane.

Lanes of a vector never mix. What happens in a lane is therefore plain DTW, operation for operation,
and the answers are those of one pair alone, to the last bit. There are as many lanes as keep a tile
in the processor's registers: eight with AVX-512, four with anything less.

A tile is a band of ``ROWS`` rows of the accumulated cost matrices. It is swept from left to right
askew, with row r being r columns behind row 0. So the cells of a step do not wait for one another,
and only the last row of a tile goes to memory. A `State` holds what the next step needs: the latest
cell of every row, and the cell above each of these.

``load`` and ``store`` count in vectors, and nothing is checked: indices must lie inside the arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import types
from numba.extending import intrinsic, models, register_model

WIDTH = 8 if get_host_cpu_features().get("avx512f") else 4
# Enough cells in a step to keep the arithmetic busy; few enough to stay in registers, and to
# compute few cells outside a band.
ROWS = 4

_LANES = ir.VectorType(ir.DoubleType(), WIDTH)
_WORD = ir.IntType(16)
_INDEX = ir.IntType(64)
_FAR = ir.Constant(_LANES, [float("inf")] * WIDTH)


class _Plain(types.Type):
    """A type of compiled code that has no Python object."""


def _plain(name: str, layout: Any) -> _Plain:
    class Kind(_Plain):
        pass

    def model(manager: Any, kind: Any) -> Any:
        return models.PrimitiveModel(manager, kind, layout)

    register_model(Kind)(model)
    return Kind(name)


Lanes = _plain("Lanes", _LANES)
Tile = _plain("Tile", ir.ArrayType(_LANES, ROWS))
State = _plain("State", ir.ArrayType(_LANES, 2 * ROWS))


def _emits(signature: Any, emit: Callable[..., Any]) -> tuple[Any, Callable[..., Any]]:
    """Make what an intrinsic returns of ``emit(builder, *arguments)``.

    Arrays are given to ``emit`` as pointers to their data.
    """

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        arguments = [
            context.make_array(kind)(context, builder, value).data
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(signature.args, values, strict=True)
        ]
        result = emit(builder, *arguments)
        return context.get_dummy_value() if signature.return_type == types.void else result

    return signature, codegen


def _vector_at(builder: Any, data: Any, at: Any) -> Any:
    return builder.gep(builder.bitcast(data, _LANES.as_pointer()), [at])


def _load(builder: Any, data: Any, at: Any) -> Any:
    return builder.load(_vector_at(builder, data, at), align=8)


def _least(builder: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", x, y), x, y)


def _spread(builder: Any, number: Any) -> Any:
    alone = builder.insert_element(ir.Constant(_LANES, ir.Undefined), number, ir.IntType(32)(0))
    return builder.shuffle_vector(
        alone, alone, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    )


def _latest(builder: Any, state: Any) -> list[Any]:
    return [builder.extract_value(state, r) for r in range(ROWS)]


def _above(builder: Any, state: Any, up: Any) -> list[Any]:
    """List the cells above those of the next step: each is the latest cell of the row before."""
    return [up, *_latest(builder, state)[:-1]]


@intrinsic  # type: ignore[untyped-decorator]
def load(_context: Any, array: Any, _at: Any) -> Any:
    """Load a vector of an array."""
    return _emits(Lanes(array, types.intp), _load)


@intrinsic  # type: ignore[untyped-decorator]
def store(_context: Any, array: Any, _at: Any, _value: Any) -> Any:
    """Put a vector into an array."""

    def emit(builder: Any, data: Any, at: Any, value: Any) -> None:
        builder.store(value, _vector_at(builder, data, at), align=8)

    return _emits(types.void(array, types.intp, Lanes), emit)


@intrinsic  # type: ignore[untyped-decorator]
def spread(_context: Any, _number: Any) -> Any:
    """Put one number into every lane."""
    return _emits(Lanes(types.float64), _spread)


@intrinsic  # type: ignore[untyped-decorator]
def load_rows(_context: Any, array: Any, _at: Any, _stride: Any) -> Any:
    """Load a vector for each row of a tile, ``stride`` vectors apart."""

    def emit(builder: Any, data: Any, at: Any, stride: Any) -> Any:
        rows = ir.Constant(ir.ArrayType(_LANES, ROWS), ir.Undefined)
        for r in range(ROWS):
            rows = builder.insert_value(rows, _load(builder, data, at), r)
            at = builder.add(at, stride)
        return rows

    return _emits(Tile(array, types.intp, types.intp), emit)


def _gaps(builder: Any, rows: Any, data: Any, at: Any, stride: Any) -> list[Any]:
    """Square the differences of a step's cells: row r meets the vector r strides before ``at``."""
    squares = []
    for r in range(ROWS):
        gap = builder.fsub(builder.extract_value(rows, r), _load(builder, data, at))
        squares.append(builder.fmul(gap, gap))
        at = builder.sub(at, stride)
    return squares


def _tile(builder: Any, rows: list[Any]) -> Any:
    tile = ir.Constant(ir.ArrayType(_LANES, ROWS), ir.Undefined)
    for r, value in enumerate(rows):
        tile = builder.insert_value(tile, value, r)
    return tile


@intrinsic  # type: ignore[untyped-decorator]
def square_gaps(_context: Any, _rows: Any, array: Any, _at: Any, _stride: Any) -> Any:
    """Compute the point costs of a step's cells in one channel."""

    def emit(builder: Any, rows: Any, data: Any, at: Any, stride: Any) -> Any:
        return _tile(builder, _gaps(builder, rows, data, at, stride))

    return _emits(Tile(Tile, array, types.intp, types.intp), emit)


@intrinsic  # type: ignore[untyped-decorator]
def add_square_gaps(
    _context: Any, _costs: Any, _rows: Any, array: Any, _at: Any, _stride: Any
) -> Any:
    """Add one more channel to the point costs of a step's cells."""

    def emit(builder: Any, costs: Any, rows: Any, data: Any, at: Any, stride: Any) -> Any:
        squares = _gaps(builder, rows, data, at, stride)
        sums = [
            builder.fadd(builder.extract_value(costs, r), square)
            for r, square in enumerate(squares)
        ]
        return _tile(builder, sums)

    return _emits(Tile(Tile, Tile, array, types.intp, types.intp), emit)


@intrinsic  # type: ignore[untyped-decorator]
def begin(_context: Any, _corner: Any) -> Any:
    """Return the state left of a tile's first column.

    ``corner`` is the last cell of the tile above; all other cells are out of reach.
    """

    def emit(builder: Any, corner: Any) -> Any:
        state = ir.Constant(ir.ArrayType(_LANES, 2 * ROWS), ir.Undefined)
        for r in range(2 * ROWS):
            state = builder.insert_value(state, corner if r == ROWS else _FAR, r)
        return state

    return _emits(State(Lanes), emit)


def _advance(builder: Any, state: Any, up: Any, costs: list[Any], rows: range) -> Any:
    """Take one step, in which only ``rows`` have a cell."""
    above, left = _above(builder, state, up), _latest(builder, state)
    for r in range(ROWS):
        cell = _FAR
        if r in rows:
            nearest = _least(
                builder, _least(builder, builder.extract_value(state, ROWS + r), above[r]), left[r]
            )
            cell = builder.fadd(nearest, costs[r])
        state = builder.insert_value(state, cell, r)
        state = builder.insert_value(state, above[r], ROWS + r)
    return state


@intrinsic  # type: ignore[untyped-decorator]
def advance(_context: Any, _state: Any, _up: Any, _costs: Any) -> Any:
    """Take one step to the right; ``up`` is the cell above row 0's new one."""

    def emit(builder: Any, state: Any, up: Any, costs: Any) -> Any:
        return _advance(
            builder, state, up, [builder.extract_value(costs, r) for r in range(ROWS)], range(ROWS)
        )

    return _emits(State(State, Lanes, Tile), emit)


@intrinsic  # type: ignore[untyped-decorator]
def enter_band(
    _context: Any, _state: Any, _rows: Any, array: Any, _at: Any, row: Any, _column: Any
) -> Any:
    """Take the steps in which one row after the other, two steps apart, enters the band.

    In the end the last row has yet to enter. Row 0 begins at ``at`` in ``array``, which the rows
    are compared with, and at ``column`` in the row above.
    """

    def emit(
        builder: Any, state: Any, rows: Any, data: Any, at: Any, above: Any, column: Any
    ) -> Any:
        for step in range(2 * (ROWS - 1)):
            costs = _gaps(builder, rows, data, builder.add(at, _INDEX(step)), _INDEX(1))
            up = _load(builder, above, builder.add(column, _INDEX(step)))
            state = _advance(builder, state, up, costs, range(step // 2 + 1))
        return state

    return _emits(State(State, Tile, array, types.intp, row, types.intp), emit)


@intrinsic  # type: ignore[untyped-decorator]
def leave_band(
    _context: Any, _state: Any, _rows: Any, array: Any, _at: Any, row: Any, _column: Any
) -> Any:
    """Take the steps in which one row after the other leaves the band, and store the last row's.

    Row 0 leaves with the first step. In that step, row 0 is at ``at`` in ``array``, and the last
    row at ``column`` in the row to store.
    """

    def emit(
        builder: Any, state: Any, rows: Any, data: Any, at: Any, below: Any, column: Any
    ) -> None:
        for step in range(2 * (ROWS - 1)):
            costs = _gaps(builder, rows, data, builder.add(at, _INDEX(step)), _INDEX(1))
            state = _advance(builder, state, _FAR, costs, range(step // 2 + 1, ROWS))
            last = builder.extract_value(state, ROWS - 1)
            builder.store(
                last, _vector_at(builder, below, builder.add(column, _INDEX(step))), align=8
            )

    return _emits(types.void(State, Tile, array, types.intp, row, types.intp), emit)


@intrinsic  # type: ignore[untyped-decorator]
def keep_within(_context: Any, _state: Any, _off: Any, _below: Any, _above: Any) -> Any:
    """Put those cells of a step out of reach that lie outside a lane's band.

    The cell of row 0 is ``off`` columns past the diagonal.
    """

    def emit(builder: Any, state: Any, off: Any, below: Any, above: Any) -> Any:
        for r in range(ROWS):
            at = _spread(builder, builder.sitofp(builder.sub(off, _INDEX(2 * r)), ir.DoubleType()))
            inside = builder.and_(
                builder.fcmp_ordered("<=", below, at), builder.fcmp_ordered("<=", at, above)
            )
            state = builder.insert_value(
                state, builder.select(inside, builder.extract_value(state, r), _FAR), r
            )
        return state

    return _emits(State(State, types.intp, Lanes, Lanes), emit)


@intrinsic  # type: ignore[untyped-decorator]
def row_of(_context: Any, _state: Any, _row: Any) -> Any:
    """Return the latest cell of a row."""

    def emit(builder: Any, state: Any, row: Any) -> Any:
        rows = _latest(builder, state)
        chosen = rows[-1]
        for r in range(ROWS - 1):
            chosen = builder.select(builder.icmp_signed("==", row, _INDEX(r)), rows[r], chosen)
        return chosen

    return _emits(Lanes(State, types.intp), emit)


def _note(array: Any, order: str) -> Any:
    """Write how the cells of the next step are reached: a word for each cell, two bits a lane.

    A bit of the low half says that the cell to the left is nearer than the one before both; a bit
    of the high half says that the cell above is nearer than either.
    """

    def emit(builder: Any, state: Any, up: Any, data: Any, at: Any, stride: Any) -> None:
        above, left = _above(builder, state, up), _latest(builder, state)
        for r in range(ROWS):
            both = builder.extract_value(state, ROWS + r)
            from_left = builder.fcmp_ordered(order, left[r], both)
            from_above = builder.fcmp_ordered(order, above[r], _least(builder, both, left[r]))
            joined = ir.Constant(ir.VectorType(ir.IntType(32), 2 * WIDTH), list(range(2 * WIDTH)))
            bits = builder.bitcast(
                builder.shuffle_vector(from_left, from_above, joined), ir.IntType(2 * WIDTH)
            )
            word = bits if WIDTH == 8 else builder.zext(bits, _WORD)
            builder.store(word, builder.gep(data, [at]))
            at = builder.add(at, stride)

    return _emits(types.void(State, Lanes, array, types.intp, types.intp), emit)


@intrinsic  # type: ignore[untyped-decorator]
def note_nearer(_context: Any, _state: Any, _up: Any, array: Any, _at: Any, _stride: Any) -> Any:
    """Note the next step; of equally near cells, prefer the one before both, then the left one."""
    return _note(array, "<")


@intrinsic  # type: ignore[untyped-decorator]
def note_no_farther(
    _context: Any, _state: Any, _up: Any, array: Any, _at: Any, _stride: Any
) -> Any:
    """Note the next step; of equally near cells, prefer the one above, then the left one."""
    return _note(array, "<=")
