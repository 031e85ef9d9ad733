"""Take one step of training: a batch forward, its loss backward, its gradients applied."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tszoo.nets.network import Network
from tszoo.nets.stack import Stack
from tszoo.training.data import TrainingData
from tszoo.training.loss import losses


class Steps:
    """Takes the steps of one network, or of several side by side, and adds up their losses.

    Parameters
    ----------
    networks : sequence of Network
        Several are stacked: they take the same number of series a step, each its own.
    optimizers : sequence of torch.optim.Optimizer
        One a network, with one group for the body and one for the head.
    sets : sequence of TrainingData
        On the networks' device.
    loss : str
        One of the recipe's.
    precision : torch.dtype
        ``torch.bfloat16`` runs the body under autocast; weights, head and loss stay float32.

    Attributes
    ----------
    sums : Tensor, shape (2, networks)
        Of the losses, weighted, and of the right answers over the epoch's series. They are on the
        device, and reading them waits for it: read them once an epoch.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        optimizers: Sequence[torch.optim.Optimizer],
        sets: Sequence[TrainingData],
        loss: str,
        precision: torch.dtype,
    ) -> None:
        self.networks = networks
        self.optimizers = optimizers
        self.stack: Stack | None = None
        self.modules: Sequence[Network | Stack] = networks
        if len(networks) > 1:
            self.stack = Stack(networks)
            self.modules = (*networks, self.stack)
        self.sets = sets
        self.kind = loss
        self.precision = precision
        self.device = sets[0].x.device
        self.sums = torch.zeros(2, len(networks), device=self.device)
        self._body: bool | None = None
        self._features: list[list[Tensor]] | None = None

    def begin_epoch(self, *, body: bool, norms: bool = True) -> None:
        """Forget the sums, and train the body from now on or leave it as it is.

        A body that stays as it is keeps its batch-norm statistics, too; so does one that is
        trained without its ``norms``.
        """
        training = body and norms
        for module in self.modules:
            # not without need: each walks through every layer
            if body is not self._body or module.training is not training:
                module.train(training)
                module.body.requires_grad_(body)
        if body is not self._body:
            self._body = body
            self._features = None
            if not body:  # a body that stays as it is gives the same features every time
                self._features = [
                    [self._all_features(network, data) for data in self.sets]
                    for network in self.networks
                ]
        self.sums.zero_()

    def upload(self, numbers: Tensor) -> Tensor:
        """Send numbers from the CPU to the device, without waiting for what it is doing."""
        if self.device.type != "cuda":
            return numbers.to(self.device)
        return numbers.pin_memory().to(self.device, non_blocking=True)

    def set_learning_rates(self, rates: Sequence[tuple[float, float]]) -> None:
        """Set every network's learning rates, of its body and its head, for the steps to come."""
        for optimizer, of_network in zip(self.optimizers, rates, strict=True):
            for group, rate in zip(optimizer.param_groups, of_network, strict=True):
                group["lr"] = rate

    def take(self, data: int, chosen: Tensor) -> None:
        """Take one step of every network.

        Parameters
        ----------
        data : int
            Which of the sets.
        chosen : Tensor, shape (networks, batch), int64
            Each network's series, on the device.

        Raises
        ------
        torch.OutOfMemoryError
            Before anything but batch-norm statistics has changed: an optimizer needs far less
            memory than the backward pass before it has let go.
        """
        self.backward(data, chosen)
        for optimizer in self.optimizers:
            optimizer.step()

    def backward(self, data: int, chosen: Tensor) -> None:
        """Put the gradients of a batch, as ``take`` gets it, on the networks' parameters."""
        for network in self.networks:
            network.zero_grad()
        learnt = self.sets[data]
        if self._features is None:
            logits = self._logits(learnt, chosen)
        else:
            logits = self._head_logits([features[data] for features in self._features], chosen)
        if learnt.n_outputs:
            logits = logits[..., learnt.first_output : learnt.first_output + learnt.n_outputs]
        y = learnt.y[chosen]
        each = losses(self.kind, logits, y)
        if learnt.weights is not None:
            each = each * learnt.weights[chosen]
        # the networks' gradients have nothing to do with each other, so their losses are added
        objective = each.mean(dim=1).sum() if self.kind == "cross_entropy" else each.sum()
        objective.backward()  # type: ignore[no-untyped-call]
        if self.stack is not None and self._features is None:
            self.stack.spread_gradients()
        self.sums[0].add_(each.detach().sum(dim=1))
        self.sums[1].add_((logits.detach().argmax(dim=2) == y).sum(dim=1))

    def _logits(self, data: TrainingData, chosen: Tensor) -> Tensor:
        """Put a batch through the whole networks: logits (networks, batch, outputs)."""
        with self._autocast():
            if self.stack is not None:
                stacked: Tensor = self.stack(data.x[chosen])
                return stacked
            lengths = data.lengths
            if lengths is not None:
                lengths = lengths[chosen[0]]
            levels = data.levels
            if levels is not None:
                levels = levels[chosen[0]]
            logits: Tensor = self.networks[0](data.x[chosen[0]], lengths, levels)
            return logits[None]

    def _head_logits(self, features: Sequence[Tensor], chosen: Tensor) -> Tensor:
        """Put a batch's features, which each network has computed before, through the heads."""
        batches = zip(self.networks, features, chosen, strict=True)
        return torch.stack(
            [network.head(computed[series]) for network, computed, series in batches]
        )

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16
        )

    @torch.no_grad()
    def _all_features(self, network: Network, data: TrainingData) -> Tensor:
        parts = []
        for part in data.batches(network):
            with self._autocast():
                parts.append(network.features(part.x, part.lengths, part.levels))
        return torch.cat(parts)
