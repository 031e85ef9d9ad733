"""Features of a frozen body: numbers pooled from the maps of all its stages."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tszoo.nets.tracing import is_traced

# share of positive values, mean of the positive values, maximum, mean
POOLINGS = 4


def point_mask(lengths: Tensor, time: int) -> Tensor:
    """Mark where series are and not padding, ``(batch, 1, time)``."""
    return (torch.arange(time, device=lengths.device) < lengths[:, None])[:, None, :]


def pool(maps: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Pool maps over time in four ways.

    These are the share of positive values, their mean (0 if there is none), the maximum, and the
    mean. ROCKET and MultiROCKET pool random convolutions by the first two (Dempster et al. 2020;
    Tan et al. 2022); networks use the other two.

    Parameters
    ----------
    maps : Tensor, shape (batch, width, 1, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points of each series; None if nothing is padded.

    Returns
    -------
    Tensor, shape (batch, POOLINGS * width), at least float32
        The first pooling of all maps comes first.
    """
    maps = maps.squeeze(2).to(torch.promote_types(maps.dtype, torch.float32))
    n_points: int | Tensor = maps.shape[2]
    unpadded = maps
    if lengths is not None:
        n_points = lengths[:, None]
        unpadded = maps.masked_fill(~point_mask(lengths, maps.shape[2]), -torch.inf)
    positive = maps.clamp_min(0)
    n_positive = positive.sign().sum(dim=2)
    pooled = (
        n_positive / n_points,
        positive.sum(dim=2) / n_positive.clamp_min(1),
        unpadded.amax(dim=2),
        maps.sum(dim=2) / n_points,
    )
    return torch.cat(pooled, dim=1)


def resample(x: Tensor, lengths: Tensor | None, n_points: int) -> Tensor:
    """Bring every series to one length, by linear interpolation between its points.

    Parameters
    ----------
    x : Tensor, shape (batch, n_channels, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points of each series; None if nothing is padded.
    n_points : int

    Returns
    -------
    Tensor, shape (batch, n_channels, n_points), of x's dtype
        The first and the last point are the series' own.
    """
    last: int | Tensor = x.shape[2] - 1
    if lengths is not None:
        last = (lengths - 1)[:, None]
    steps = torch.linspace(0, 1, n_points, dtype=torch.float64, device=x.device)[None]
    places = last * steps
    before = places.floor().long()
    after = (before + 1).clamp_max(last)
    share = (places - before).to(x.dtype)[:, None, :]
    shape = (x.shape[0], x.shape[1], -1)
    left = x.gather(2, before[:, None, :].expand(shape))
    right = x.gather(2, after[:, None, :].expand(shape))
    return left * (1 - share) + right * share


def first_difference(
    x: Tensor, lengths: Tensor | None = None, *, keep_length: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Take the first difference of every channel and z-normalise it.

    A difference that is constant, up to the rounding of float32 series, becomes zeros; that of a
    series of one point is one zero.

    Parameters
    ----------
    x : Tensor, shape (batch, n_channels, time)
        Zero in the padding.
    lengths : Tensor, shape (batch,), or None
        Points of each series; None if nothing is padded.
    keep_length : bool
        Whether to put a zero, the mean, behind every difference, so that it is as long as its
        series.

    Returns
    -------
    differences : Tensor, shape (batch, n_channels, n_points), of x's dtype
        ``n_points`` is ``max(time - 1, 1)``, or ``time`` if ``keep_length`` or traced.
    lengths : Tensor, shape (batch,), or None
        Points of each difference; None if nothing is padded. Traced, something always is.
    """
    wide = x.double()
    points = lengths
    is_whole = is_traced() or x.shape[2] == 1
    if is_traced():
        # no length of time may decide anything in a graph: what is behind the last step is masked
        steps = F.pad(wide, (-1, 1)) - wide
        if lengths is None:
            points = x.shape[2] * torch.ones(x.shape[0], dtype=torch.int64, device=x.device)
    elif is_whole:
        steps = torch.zeros_like(wide)
    else:
        steps = wide.diff(dim=2)
    scaled, shorter = _z_normalized(steps, points, rounding_of(wide))
    scaled = scaled.to(x.dtype)
    if not keep_length:
        return scaled, shorter
    if not is_whole:
        scaled = F.pad(scaled, (0, 1))
    return scaled, lengths


def _z_normalized(
    steps: Tensor, lengths: Tensor | None, rounding: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Z-normalise differences of series of ``lengths`` points, and count their points."""
    if lengths is None:
        return z_normalize(steps, steps.shape[2], None, rounding), None
    shorter = (lengths - 1).clamp_min(1)
    mask = point_mask(lengths - 1, steps.shape[2])
    return z_normalize(steps * mask, shorter[:, None, None], mask, rounding), shorter


def rounding_of(wide: Tensor) -> Tensor:
    """Bound the rounding of float32 series, (batch, n_channels, 1), given in float64."""
    return 4 * torch.finfo(torch.float32).eps * wide.abs().amax(dim=2, keepdim=True)


def z_normalize(
    values: Tensor, n_points: int | Tensor, mask: Tensor | None, rounding: Tensor
) -> Tensor:
    """Z-normalise the last axis.

    Parameters
    ----------
    values : Tensor, shape (batch, n_channels, time)
        Zero where the mask is.
    n_points : int or Tensor, shape (batch, 1, 1)
    mask : Tensor, shape (batch, 1, time), or None
        Where there are points; None where all are.
    rounding : Tensor, shape (batch, n_channels, 1)
        Values whose spread is at most this become zeros.
    """
    centred = values - values.sum(dim=2, keepdim=True) / n_points
    if mask is not None:
        centred = centred * mask
    variance = centred.square().sum(dim=2, keepdim=True) / n_points
    # before the root, which has no gradient at 0
    spread = variance.masked_fill(variance <= rounding.square(), torch.inf).sqrt()
    return centred / spread
