"""Batch norm with ReLU, and max-pooling, each in one loop where PyTorch takes many.

Series are ``(batch, time, channels)`` here, contiguous, as channels-last images of height 1 lie in
memory. bfloat16 comes as uint16, because NumPy has no such type. A layer's output holds the
channels of its branches side by side; a branch's channels begin at ``at``. If several networks are
stacked into one, each of the ``copies`` has such a block. Vectors over channels are in the order of
the output. A branch's series begin in row ``first``.

Every function does piece number ``piece`` of the work: the series b0 to b1. An array that may be
unused has a flag beside it. None would do too, but numba would compile the function once more for
it.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.caching import NullCache
from numba.extending import intrinsic

from tszoo.storage.machine_code import kept

# rows that are summed in float32 before the sum is added to a float64 one
ROWS_A_SUM = 256

_compiled: list[Any] = []


def _jit(function: Any) -> Any:
    """Compile on first use; the machine code is kept on disk if there is a place for it."""
    return _cached(function, fastmath={"contract", "nsz"})


def _jit_threads(function: Any) -> Any:
    return _cached(function, parallel=True)


def _cached(function: Any, **options: Any) -> Any:
    dispatcher = kept(
        lambda cache: nb.njit(nogil=True, cache=cache, error_model="numpy", **options)(function)
    )
    _compiled.append(dispatcher)
    return dispatcher


def stop_keeping() -> None:
    """Keep no machine code on disk from now on, for instance because the disk is full."""
    for dispatcher in _compiled:
        dispatcher._cache = NullCache()


@intrinsic  # type: ignore[untyped-decorator]
def widen(_context: Any, value: Any) -> Any:
    """Turn a stored number, float32 or the bits of a bfloat16, into float32."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        (bits,) = args
        if value == types.float32:
            return bits
        word = builder.shl(builder.zext(bits, ir.IntType(32)), ir.Constant(ir.IntType(32), 16))
        return builder.bitcast(word, ir.FloatType())

    return types.float32(value), codegen


@intrinsic  # type: ignore[untyped-decorator]
def narrow(_context: Any, _value: Any, like: Any) -> Any:
    """Turn a float32 into a stored number of the type of ``like``.

    That is the number itself, or the bits of the nearest bfloat16, ties to even.
    """

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        number, _ = args
        if like == types.float32:
            return number
        word = ir.IntType(32)
        bits = builder.bitcast(number, word)
        last_bit = builder.and_(builder.lshr(bits, ir.Constant(word, 16)), ir.Constant(word, 1))
        rounded = builder.add(bits, builder.add(last_bit, ir.Constant(word, 0x7FFF)))
        return builder.trunc(builder.lshr(rounded, ir.Constant(word, 16)), ir.IntType(16))

    return like(types.float32, like), codegen


@_jit
def add_moments(piece, b0, b1, x, first, time, copies, at, pivot, sums, squares):  # type: ignore[no-untyped-def]
    """Add the sums of ``x - pivot`` and of its square to float64 ``sums`` and ``squares``."""
    channels = x.shape[2]
    width, part = pivot.shape[0] // copies, channels // copies
    zero = np.empty(channels, np.float32)
    total, square = np.zeros(channels, np.float32), np.zeros(channels, np.float32)
    for c in range(channels):
        zero[c] = pivot[c // part * width + at + c % part]
    rows = 0
    for b in range(b0, b1):
        for t in range(first, first + time):
            for c in range(channels):
                off = widen(x[b, t, c]) - zero[c]
                total[c] += off
                square[c] += off * off
            rows += 1
            if rows == ROWS_A_SUM or (b == b1 - 1 and t == first + time - 1):
                for c in range(channels):
                    out = c // part * width + at + c % part
                    sums[piece, out] += total[c]
                    squares[piece, out] += square[c]
                    total[c] = square[c] = np.float32(0)
                rows = 0


@_jit
def rectify(_, b0, b1, x, first, time, copies, at, mean, scale, shift, adds, plus, y):  # type: ignore[no-untyped-def]
    """Write ``max(0, (x - mean) * scale + shift)`` into y.

    If ``adds``, ``plus`` is added before the ReLU.
    """
    if adds:
        _rectify_sum(b0, b1, x, first, time, copies, at, mean, scale, shift, plus, y)
    else:
        _rectify_alone(b0, b1, x, first, time, copies, at, mean, scale, shift, y)


@_jit
def _rectify_alone(b0, b1, x, first, time, copies, at, mean, scale, shift, y):  # type: ignore[no-untyped-def]
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for b in range(b0, b1):
        for t in range(time):
            for k in range(copies):
                low = k * width + at
                source, goal = x[b, first + t, k * part : (k + 1) * part], y[b, t, low : low + part]
                own_mean, own_scale = mean[low : low + part], scale[low : low + part]
                own_shift = shift[low : low + part]
                for c in range(part):
                    z = (widen(source[c]) - own_mean[c]) * own_scale[c] + own_shift[c]
                    goal[c] = narrow(max(z, np.float32(0)), goal[c])


@_jit
def _rectify_sum(b0, b1, x, first, time, copies, at, mean, scale, shift, plus, y):  # type: ignore[no-untyped-def]
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for b in range(b0, b1):
        for t in range(time):
            for k in range(copies):
                low = k * width + at
                source, goal = x[b, first + t, k * part : (k + 1) * part], y[b, t, low : low + part]
                own_mean, own_scale = mean[low : low + part], scale[low : low + part]
                own_shift, more = shift[low : low + part], plus[b, t, low : low + part]
                for c in range(part):
                    z = (
                        (widen(source[c]) - own_mean[c]) * own_scale[c]
                        + own_shift[c]
                        + widen(more[c])
                    )
                    goal[c] = narrow(max(z, np.float32(0)), goal[c])


@_jit
def add_gradient_moments(  # type: ignore[no-untyped-def]
    piece, b0, b1, x, first, time, copies, at, mean, scale, shift, added, y, g, sums, products
):
    """Add the sums of the gradient behind the ReLU, and of its products with ``x - mean``.

    The ReLU let through what is above 0 in the output. That is recomputed, or, if something was
    ``added``, read from ``y``.
    """
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    total, product = np.empty((copies, part), np.float32), np.empty((copies, part), np.float32)
    points = (b1 - b0) * time
    for begin in range(0, points, ROWS_A_SUM):
        end = min(begin + ROWS_A_SUM, points)
        total[:] = np.float32(0)
        product[:] = np.float32(0)
        if added:
            _sum_passed(b0, begin, end, x, first, time, copies, at, mean, y, g, total, product)
        else:
            _sum_recomputed(
                b0, begin, end, x, first, time, copies, at, mean, scale, shift, g, total, product
            )
        for k in range(copies):
            for c in range(part):
                sums[piece, k * width + at + c] += total[k, c]
                products[piece, k * width + at + c] += product[k, c]


@_jit
def _sum_recomputed(  # type: ignore[no-untyped-def]
    b0, begin, end, x, first, time, copies, at, mean, scale, shift, g, total, product
):
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for point in range(begin, end):
        b, t = b0 + point // time, point % time
        for k in range(copies):
            low = k * width + at
            source, gradient = x[b, first + t, k * part : (k + 1) * part], g[b, t, low : low + part]
            own_mean, own_scale = mean[low : low + part], scale[low : low + part]
            own_shift = shift[low : low + part]
            own_total, own_product = total[k], product[k]
            for c in range(part):
                off = widen(source[c]) - own_mean[c]
                passed = (
                    widen(gradient[c]) if off * own_scale[c] + own_shift[c] > 0 else np.float32(0)
                )
                own_total[c] += passed
                own_product[c] += passed * off


@_jit
def _sum_passed(  # type: ignore[no-untyped-def]
    b0, begin, end, x, first, time, copies, at, mean, y, g, total, product
):
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for point in range(begin, end):
        b, t = b0 + point // time, point % time
        for k in range(copies):
            low = k * width + at
            source, gradient = x[b, first + t, k * part : (k + 1) * part], g[b, t, low : low + part]
            own_mean, output = mean[low : low + part], y[b, t, low : low + part]
            own_total, own_product = total[k], product[k]
            for c in range(part):
                passed = widen(gradient[c]) if widen(output[c]) > 0 else np.float32(0)
                own_total[c] += passed
                own_product[c] += passed * (widen(source[c]) - own_mean[c])


@_jit
def spread_gradient(  # type: ignore[no-untyped-def]
    _,
    b0,
    b1,
    x,
    first,
    time,
    copies,
    at,
    mean,
    scale,
    shift,
    added,
    y,
    g,
    slope,
    level,
    out,
    onward,
):
    """Write the branch's gradient, ``scale * passed + slope * (x - mean) + level``, into out.

    Rows outside ``first .. first + time`` become 0. If something was ``added`` before the ReLU, its
    gradient is written into ``onward``.
    """
    for b in range(b0, b1):
        for t in range(x.shape[1]):
            if t < first or t >= first + time:
                for c in range(x.shape[2]):
                    out[b, t, c] = narrow(np.float32(0), out[b, t, c])
    if added:
        _spread_passed(
            b0, b1, x, first, time, copies, at, mean, scale, y, g, slope, level, out, onward
        )
    else:
        _spread_recomputed(
            b0, b1, x, first, time, copies, at, mean, scale, shift, g, slope, level, out
        )


@_jit
def _spread_recomputed(  # type: ignore[no-untyped-def]
    b0, b1, x, first, time, copies, at, mean, scale, shift, g, slope, level, out
):
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for b in range(b0, b1):
        for t in range(time):
            for k in range(copies):
                low = k * width + at
                source = x[b, first + t, k * part : (k + 1) * part]
                gradient = g[b, t, low : low + part]
                goal = out[b, first + t, k * part : (k + 1) * part]
                own_mean, own_scale = mean[low : low + part], scale[low : low + part]
                own_shift, own_slope = shift[low : low + part], slope[low : low + part]
                own_level = level[low : low + part]
                for c in range(part):
                    off = widen(source[c]) - own_mean[c]
                    passed = (
                        widen(gradient[c])
                        if off * own_scale[c] + own_shift[c] > 0
                        else np.float32(0)
                    )
                    goal[c] = narrow(
                        own_scale[c] * passed + own_slope[c] * off + own_level[c], goal[c]
                    )


@_jit
def _spread_passed(  # type: ignore[no-untyped-def]
    b0, b1, x, first, time, copies, at, mean, scale, y, g, slope, level, out, onward
):
    width, part = mean.shape[0] // copies, x.shape[2] // copies
    for b in range(b0, b1):
        for t in range(time):
            for k in range(copies):
                low = k * width + at
                source = x[b, first + t, k * part : (k + 1) * part]
                gradient = g[b, t, low : low + part]
                goal = out[b, first + t, k * part : (k + 1) * part]
                further = onward[b, t, low : low + part]
                own_mean, own_scale = mean[low : low + part], scale[low : low + part]
                own_slope, own_level = slope[low : low + part], level[low : low + part]
                output = y[b, t, low : low + part]
                for c in range(part):
                    off = widen(source[c]) - own_mean[c]
                    passed = widen(gradient[c]) if widen(output[c]) > 0 else np.float32(0)
                    goal[c] = narrow(
                        own_scale[c] * passed + own_slope[c] * off + own_level[c], goal[c]
                    )
                    further[c] = narrow(passed, further[c])


@_jit
def max_pool(_, b0, b1, x, y):  # type: ignore[no-untyped-def]
    """Write the largest of every three neighbours of series b0 to b1 into y."""
    _, time, channels = x.shape
    for b in range(b0, b1):
        for t in range(time):
            before, here, after = x[b, max(t - 1, 0)], x[b, t], x[b, min(t + 1, time - 1)]
            goal = y[b, t]
            for c in range(channels):
                largest = max(widen(before[c]), max(widen(here[c]), widen(after[c])))
                goal[c] = narrow(largest, goal[c])


@_jit
def max_pool_gradient(_, b0, b1, x, g, out):  # type: ignore[no-untyped-def]
    """Give every window's gradient to the first of its largest points.

    A point is the largest of three windows at most: of the window behind it if it is larger than
    both points before it, of the window around it if it is larger than the point before and no
    smaller than the one after, and of the window ahead if it is no smaller than both points after
    it.
    """
    _, time, channels = x.shape
    lowest = np.full(channels, narrow(np.float32(-np.inf), x[0, 0, 0]), x.dtype)
    nothing = np.zeros(channels, x.dtype)
    for b in range(b0, b1):
        for t in range(time):
            here, goal = x[b, t], out[b, t]
            one_before = x[b, t - 1] if t >= 1 else lowest
            two_before = x[b, t - 2] if t >= 2 else lowest
            one_after = x[b, t + 1] if t + 1 < time else lowest
            two_after = x[b, t + 2] if t + 2 < time else lowest
            g_behind = g[b, t - 1] if t >= 1 else nothing
            g_here = g[b, t]
            g_ahead = g[b, t + 1] if t + 1 < time else nothing
            for c in range(channels):
                v, p, n = widen(here[c]), widen(one_before[c]), widen(one_after[c])
                above = v > p
                level = v >= n
                total = widen(g_here[c]) if above & level else np.float32(0)
                total += widen(g_behind[c]) if above & (v > widen(two_before[c])) else np.float32(0)
                total += widen(g_ahead[c]) if level & (v >= widen(two_after[c])) else np.float32(0)
                goal[c] = narrow(total, goal[c])


@_jit
def pool_smoothly(_, b0, b1, x, softness, mean, highest, place, share):  # type: ignore[no-untyped-def]
    """Write the mean, the maximum, its place and the mean of ``z / (z + softness)`` over time."""
    time, channels = x.shape[1], x.shape[2]
    for b in range(b0, b1):
        total, inverse = np.zeros(channels, np.float32), np.zeros(channels, np.float32)
        high, at = highest[b], place[b]
        high[:] = np.float32(-np.inf)
        for t in range(time):
            row, now = x[b, t], np.int32(t)
            for c in range(channels):
                z = widen(row[c])
                total[c] += z
                inverse[c] += np.float32(1) / (z + softness)
                is_higher = z > high[c]
                high[c] = z if is_higher else high[c]
                at[c] = now if is_higher else at[c]
        for c in range(channels):
            mean[b, c] = total[c] / np.float32(time)
            share[b, c] = np.float32(1) - softness * inverse[c] / np.float32(time)


@_jit
def pool_smoothly_gradient(_, b0, b1, x, softness, of_mean, of_highest, place, of_share, out):  # type: ignore[no-untyped-def]
    """Write the gradient of ``pool_smoothly``."""
    time, channels = x.shape[1], x.shape[2]
    points = np.float32(time)
    for b in range(b0, b1):
        level, slope = of_mean[b] / points, of_share[b] * (softness / points)
        high, at = of_highest[b], place[b]
        for t in range(time):
            row, goal, now = x[b, t], out[b, t], np.int32(t)
            for c in range(channels):
                near = widen(row[c]) + softness
                total = level[c] + slope[c] / (near * near)
                total += high[c] if at[c] == now else np.float32(0)
                goal[c] = narrow(total, goal[c])


# The same on several threads: piece i is the series bounds[i] to bounds[i + 1]. These are spelled
# out one by one, because numba caches no functions that other functions make.


@_jit_threads
def add_moments_together(bounds, x, first, time, copies, at, pivot, sums, squares):  # type: ignore[no-untyped-def]
    """``add_moments`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        add_moments(i, bounds[i], bounds[i + 1], x, first, time, copies, at, pivot, sums, squares)


@_jit_threads
def rectify_together(  # type: ignore[no-untyped-def]
    bounds, x, first, time, copies, at, mean, scale, shift, adds, plus, y
):
    """``rectify`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        rectify(
            i,
            bounds[i],
            bounds[i + 1],
            x,
            first,
            time,
            copies,
            at,
            mean,
            scale,
            shift,
            adds,
            plus,
            y,
        )


@_jit_threads
def add_gradient_moments_together(  # type: ignore[no-untyped-def]
    bounds, x, first, time, copies, at, mean, scale, shift, added, y, g, sums, products
):
    """``add_gradient_moments`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        add_gradient_moments(
            i,
            bounds[i],
            bounds[i + 1],
            x,
            first,
            time,
            copies,
            at,
            mean,
            scale,
            shift,
            added,
            y,
            g,
            sums,
            products,
        )


@_jit_threads
def spread_gradient_together(  # type: ignore[no-untyped-def]
    bounds, x, first, time, copies, at, mean, scale, shift, added, y, g, slope, level, out, onward
):
    """``spread_gradient`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        spread_gradient(
            i,
            bounds[i],
            bounds[i + 1],
            x,
            first,
            time,
            copies,
            at,
            mean,
            scale,
            shift,
            added,
            y,
            g,
            slope,
            level,
            out,
            onward,
        )


@_jit_threads
def max_pool_together(bounds, x, y):  # type: ignore[no-untyped-def]
    """``max_pool`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        max_pool(i, bounds[i], bounds[i + 1], x, y)


@_jit_threads
def max_pool_gradient_together(bounds, x, g, out):  # type: ignore[no-untyped-def]
    """``max_pool_gradient`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        max_pool_gradient(i, bounds[i], bounds[i + 1], x, g, out)


@_jit_threads
def pool_smoothly_together(bounds, x, softness, mean, highest, place, share):  # type: ignore[no-untyped-def]
    """``pool_smoothly`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        pool_smoothly(i, bounds[i], bounds[i + 1], x, softness, mean, highest, place, share)


@_jit_threads
def pool_smoothly_gradient_together(  # type: ignore[no-untyped-def]
    bounds, x, softness, of_mean, of_highest, place, of_share, out
):
    """``pool_smoothly_gradient`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        pool_smoothly_gradient(
            i, bounds[i], bounds[i + 1], x, softness, of_mean, of_highest, place, of_share, out
        )
