"""A model as one PyTorch module, from raw series to probabilities, that can be traced."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from tszoo.exporting.inside import level_numbers, normalized
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.nets.stages import point_mask

_TINY = torch.finfo(torch.float64).tiny


class Graph(nn.Module):
    """All of a model: normalisation, level numbers, members, their mean, and the temperature.

    Parameters
    ----------
    model : Model
        With classes. Its networks are copied.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.members = nn.ModuleList(copy.deepcopy(network).cpu() for network in model.networks)
        self.normalize = model.config.preprocessing.normalize
        self.reads_levels = any(network.level for network in model.networks)
        calibration = model.config.calibration
        self.temperature = 1.0 if calibration is None else calibration.temperature
        self.eval().requires_grad_(False)

    def forward(self, series: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Compute class probabilities as ``Model.predict_proba`` does.

        Parameters
        ----------
        series : Tensor of float32, shape (batch, n_channels, time)
            Raw. What stands behind the end of a shorter series does not matter.
        lengths : Tensor of int64, shape (batch,), or None
            Points of each series, from 1 to ``time``; None if all have as many.

        Returns
        -------
        Tensor of float32, shape (batch, n_classes)
            Not a number for a series with a missing or infinite value, or without such a length:
            a graph fills no gaps, and makes no answer up.
        """
        is_wrong: Tensor | None = None
        if lengths is not None:
            is_wrong = (lengths < 1) | (lengths > series.shape[2])
            lengths = lengths.clamp_min(1).clamp_max(series.shape[2])
        is_point = _is_point(series, lengths)
        is_gap = ~torch.isfinite(series) & is_point
        x = series.masked_fill(~is_point | is_gap, 0.0).double()
        levels = level_numbers(x, is_point) if self.reads_levels else None
        prepared = normalized(x, is_point) if self.normalize else x
        probabilities = self._mean_softmax(prepared.float(), lengths, levels)
        unusable = is_gap.long().sum(dim=(1, 2)) > 0
        if is_wrong is not None:
            unusable = unusable | is_wrong
        return self._tempered(probabilities).float().masked_fill(unusable[:, None], torch.nan)

    def _mean_softmax(self, x: Tensor, lengths: Tensor | None, levels: Tensor | None) -> Tensor:
        each = [self._member(k)(x, lengths, levels) for k in range(len(self.members))]
        return torch.stack([logits.double().softmax(dim=1) for logits in each]).mean(dim=0)

    def _member(self, k: int) -> Network:
        member: Network = self.members[k]  # type: ignore[assignment]
        return member

    def _tempered(self, probabilities: Tensor) -> Tensor:
        """Do what ``tszoo.models.record.calibration.probabilities_at`` does."""
        if self.temperature == 1:
            return probabilities
        logarithms = probabilities.clamp_min(_TINY).log()
        return (logarithms / self.temperature).softmax(dim=1)


def _is_point(series: Tensor, lengths: Tensor | None) -> Tensor:
    """Mark where series are and not padding, ``(batch, 1, time)``."""
    if lengths is None:
        return torch.ones_like(series[:, :1], dtype=torch.bool)
    return point_mask(lengths, series.shape[2])
