"""Weights as whole numbers of eight bits, with a scale for each output: half the room of float16.

A value is kept as the whole number nearest to it in units of its output's scale, which is a 127th
of the largest magnitude that this output has, cut to 17 significant bits. Every product of such a
scale and a whole number of seven bits is exact in float32: what is read is exactly what was meant,
and encoded again it gives the same bytes.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Behind a tensor's name, that of its scales; no module has a parameter and a child of one name.
SCALE = ".scale"
MOST = 127  # -128 is never used, so that numbers are symmetric
_SMALLEST = torch.finfo(torch.float32).tiny
_LEADING_BITS = (
    ~0x7F
)  # of a float32's 24 significant bits the first 17; the product with 127 adds 7


def encode(value: Tensor) -> tuple[Tensor, Tensor]:
    """Round a tensor to whole numbers with a scale for each output.

    Parameters
    ----------
    value : Tensor, shape (n_out, ...), float32
        Of two or more dimensions, finite, on the CPU.

    Returns
    -------
    numbers : Tensor, shape (n_out, ...), int8
        From -127 to 127, halves to even; of each output at least one is 127 or -127, unless all its
        values are zero or below 1.5e-36.
    scale : Tensor, shape (n_out,), float32
        2**-126 (about 1.2e-38) or more, of zeros too. No value is further than half a scale from
        ``decode``'s.
    """
    scale = value.abs().flatten(1).amax(dim=1) / MOST
    scale = (scale.view(torch.int32) & _LEADING_BITS).view(torch.float32).clamp_min(_SMALLEST)
    # in double precision, for a quotient near a half would be rounded to one in float32
    return (value.double() / _beside(scale, value)).round().to(torch.int8), scale


def decode(numbers: Tensor, scale: Tensor) -> Tensor:
    """Give the values, float32, of whole numbers ``(n_out, ...)`` and their scales ``(n_out,)``."""
    return numbers.float().mul_(_beside(scale, numbers))


def _beside(scale: Tensor, values: Tensor) -> Tensor:
    return scale.reshape(-1, *[1] * (values.ndim - 1))
