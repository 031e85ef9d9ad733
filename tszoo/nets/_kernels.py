"""The loops of a layer that PyTorch runs as many passes over memory: batch norm with ReLU, and max-pooling.

Series are ``(batch, time, channels)`` here, contiguous, as channels-last images of height 1 lie in memory. bfloat16
comes as uint16, for NumPy has no such type. A layer's output holds the channels of its branches side by side; where
several networks are stacked into one, each of the ``copies`` has such a block. What is a vector over channels is in
the order of the output. Every function does piece number ``piece`` of the work: the series b0 to b1.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

# rows that are summed in float32 before the sum is added to a float64 one
ROWS_A_SUM = 256

_jit = nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz"})

_jit_threads = nb.njit(nogil=True, cache=True, error_model="numpy", parallel=True)


@intrinsic  # type: ignore[untyped-decorator]
def widen(_context: Any, value: Any) -> Any:
    """float32 of a stored number: float32 itself, or the bits of a bfloat16."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        (bits,) = args
        if value == types.float32:
            return bits
        word = builder.shl(builder.zext(bits, ir.IntType(32)), ir.Constant(ir.IntType(32), 16))
        return builder.bitcast(word, ir.FloatType())

    return types.float32(value), codegen


@intrinsic  # type: ignore[untyped-decorator]
def narrow(_context: Any, _value: Any, like: Any) -> Any:
    """A float32 as it is stored beside ``like``: unchanged, or rounded to the nearest bfloat16, ties to even."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        number, _ = args
        if like == types.float32:
            return number
        word = ir.IntType(32)
        bits = builder.bitcast(number, word)
        odd = builder.and_(builder.lshr(bits, ir.Constant(word, 16)), ir.Constant(word, 1))
        rounded = builder.add(bits, builder.add(odd, ir.Constant(word, 0x7FFF)))
        return builder.trunc(builder.lshr(rounded, ir.Constant(word, 16)), ir.IntType(16))

    return like(types.float32, like), codegen


@_jit
def add_moments(piece, b0, b1, branches, firsts, time, copies, pivot, sums, squares):  # type: ignore[no-untyped-def]
    """Add series b0 to b1's sums of ``x - pivot`` and of its square to float64 ``sums`` and ``squares``."""
    width = pivot.shape[0] // copies
    at = 0
    for i in range(len(branches)):
        x, first = branches[i], firsts[i]
        channels = x.shape[2]
        part = channels // copies
        zero, total, square = (
            np.empty(channels, np.float32),
            np.zeros(channels, np.float32),
            np.zeros(channels, np.float32),
        )
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
        at += part


@_jit
def rectify(_, b0, b1, branches, firsts, time, copies, mean, scale, shift, plus, y):  # type: ignore[no-untyped-def]
    """Write ``max(0, (x - mean) * scale + shift + plus)`` of series b0 to b1 into y; ``plus`` may be None."""
    width = mean.shape[0] // copies
    at = 0
    for i in range(len(branches)):
        x, first = branches[i], firsts[i]
        part = x.shape[2] // copies
        for b in range(b0, b1):
            for t in range(time):
                for k in range(copies):
                    base = k * width + at
                    source = x[b, first + t, k * part : (k + 1) * part]
                    goal = y[b, t, base : base + part]
                    own_mean, own_scale = mean[base : base + part], scale[base : base + part]
                    own_shift = shift[base : base + part]
                    if plus is None:
                        for c in range(part):
                            z = (widen(source[c]) - own_mean[c]) * own_scale[c] + own_shift[c]
                            goal[c] = narrow(max(z, np.float32(0)), goal[c])
                    else:
                        more = plus[b, t, base : base + part]
                        for c in range(part):
                            z = (widen(source[c]) - own_mean[c]) * own_scale[c] + own_shift[c] + widen(more[c])
                            goal[c] = narrow(max(z, np.float32(0)), goal[c])
        at += part


@_jit
def add_gradient_moments(piece, b0, b1, branches, firsts, time, copies, mean, scale, shift, y, g, sums, products):  # type: ignore[no-untyped-def]
    """Add the sums of the gradient where the ReLU let it through, and of its products with ``x - mean``.

    The ReLU let through what is above 0 in ``y``, or where ``y`` is None in the recomputed output.
    """
    width = mean.shape[0] // copies
    at = 0
    for i in range(len(branches)):
        x, first = branches[i], firsts[i]
        part = x.shape[2] // copies
        total, product = np.zeros((copies, part), np.float32), np.zeros((copies, part), np.float32)
        rows = 0
        for b in range(b0, b1):
            for t in range(time):
                for k in range(copies):
                    base = k * width + at
                    source, gradient = x[b, first + t, k * part : (k + 1) * part], g[b, t, base : base + part]
                    own_mean, own_scale = mean[base : base + part], scale[base : base + part]
                    own_shift = shift[base : base + part]
                    own_total, own_product = total[k], product[k]
                    if y is None:
                        for c in range(part):
                            off = widen(source[c]) - own_mean[c]
                            passed = widen(gradient[c]) if off * own_scale[c] + own_shift[c] > 0 else np.float32(0)
                            own_total[c] += passed
                            own_product[c] += passed * off
                    else:
                        output = y[b, t, base : base + part]
                        for c in range(part):
                            passed = widen(gradient[c]) if widen(output[c]) > 0 else np.float32(0)
                            own_total[c] += passed
                            own_product[c] += passed * (widen(source[c]) - own_mean[c])
                rows += 1
                if rows == ROWS_A_SUM or (b == b1 - 1 and t == time - 1):
                    for k in range(copies):
                        for c in range(part):
                            sums[piece, k * width + at + c] += total[k, c]
                            products[piece, k * width + at + c] += product[k, c]
                            total[k, c] = product[k, c] = np.float32(0)
                    rows = 0
        at += part


@_jit
def spread_gradient(  # type: ignore[no-untyped-def]
    _, b0, b1, branches, firsts, time, copies, mean, scale, shift, y, g, slope, level, gradients, passed_on
):
    """Write the gradient of every branch: ``scale * passed + slope * (x - mean) + level``.

    Rows outside ``first .. first + time`` become 0. ``passed_on``, where it is not None, takes the gradient of what
    was added before the ReLU.
    """
    width = mean.shape[0] // copies
    at = 0
    for i in range(len(branches)):
        x, first, out = branches[i], firsts[i], gradients[i]
        part = x.shape[2] // copies
        for b in range(b0, b1):
            for t in range(x.shape[1]):
                if t < first or t >= first + time:
                    for c in range(x.shape[2]):
                        out[b, t, c] = narrow(np.float32(0), out[b, t, c])
            for t in range(time):
                for k in range(copies):
                    base = k * width + at
                    source, gradient = x[b, first + t, k * part : (k + 1) * part], g[b, t, base : base + part]
                    goal = out[b, first + t, k * part : (k + 1) * part]
                    own_mean, own_scale = mean[base : base + part], scale[base : base + part]
                    own_shift, own_slope = shift[base : base + part], slope[base : base + part]
                    own_level = level[base : base + part]
                    if y is None:
                        for c in range(part):
                            off = widen(source[c]) - own_mean[c]
                            passed = widen(gradient[c]) if off * own_scale[c] + own_shift[c] > 0 else np.float32(0)
                            goal[c] = narrow(own_scale[c] * passed + own_slope[c] * off + own_level[c], goal[c])
                    else:
                        output, onward = y[b, t, base : base + part], passed_on[b, t, base : base + part]
                        for c in range(part):
                            off = widen(source[c]) - own_mean[c]
                            passed = widen(gradient[c]) if widen(output[c]) > 0 else np.float32(0)
                            goal[c] = narrow(own_scale[c] * passed + own_slope[c] * off + own_level[c], goal[c])
                            onward[c] = narrow(passed, onward[c])
        at += part


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

    A point is that of the window behind it if it is larger than both points before it, of its own window if it is
    larger than the point before and no smaller than the one after, and of the window ahead if it is no smaller than
    both points after it.
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


# The same on several threads: piece i is series bounds[i] to bounds[i + 1]. Spelled out one by one, for numba keeps
# no compiled code of functions that are made by functions.


@_jit_threads
def add_moments_together(bounds, branches, firsts, time, copies, pivot, sums, squares):  # type: ignore[no-untyped-def]
    """``add_moments`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        add_moments(i, bounds[i], bounds[i + 1], branches, firsts, time, copies, pivot, sums, squares)


@_jit_threads
def rectify_together(bounds, branches, firsts, time, copies, mean, scale, shift, plus, y):  # type: ignore[no-untyped-def]
    """``rectify`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        rectify(i, bounds[i], bounds[i + 1], branches, firsts, time, copies, mean, scale, shift, plus, y)


@_jit_threads
def add_gradient_moments_together(  # type: ignore[no-untyped-def]
    bounds, branches, firsts, time, copies, mean, scale, shift, y, g, sums, products
):
    """``add_gradient_moments`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        add_gradient_moments(
            i, bounds[i], bounds[i + 1], branches, firsts, time, copies, mean, scale, shift, y, g, sums, products
        )


@_jit_threads
def spread_gradient_together(  # type: ignore[no-untyped-def]
    bounds, branches, firsts, time, copies, mean, scale, shift, y, g, slope, level, gradients, passed_on
):
    """``spread_gradient`` of all pieces."""
    for i in nb.prange(len(bounds) - 1):
        spread_gradient(
            i, bounds[i], bounds[i + 1], branches, firsts, time, copies, mean, scale, shift, y, g, slope, level,
            gradients, passed_on,
        )  # fmt: skip


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
