"""Frozen readouts and trained networks as one ensemble: they err on different series.

Trained to the end, networks are surer of themselves than they should be (Guo et al. 2017, "On
calibration of modern neural networks"), and a mean of readouts, each of them calibrated, is less
sure than it could be. In a plain mean the trained half would decide nearly alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch

from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.nets.network import Network
from tszoo.nets.registry import args_of, network_config
from tszoo.nets.stages import POOLINGS
from tszoo.similarity.prototypes import Prototypes
from tszoo.transfer.fit import as_tensors, scorable
from tszoo.transfer.options import FitOptions, halves
from tszoo.transfer.pretrain import pretrain
from tszoo.transfer.readout import fit_readout
from tszoo.transfer.results import reached
from tszoo.transfer.start import start_from

# What the readouts' decision values are multiplied by: benchmarks/README.md, "Both halves
# together".
SHARPER = 1.5


def fit_both(
    target: Dataset,
    sources: Sequence[Model],
    options: FitOptions,
    *,
    test: Dataset | None = None,
    architecture: str = "inception",
    arguments: dict[str, Any] | None = None,
    prototypes: Prototypes | None = None,
) -> Model:
    """Fit ridge heads to frozen bodies, train as many networks of the same shape from scratch, and join them.

    Parameters
    ----------
    target : Dataset
    sources : sequence of Model
        Whose bodies are frozen; none for untrained ones. Of more than there are frozen members, the
        first.
    options : FitOptions
        Of the training; ``members`` are all, the frozen ones too.
    test : Dataset or None
        Read once, to report.
    architecture, arguments
        The network, where there are no sources.
    prototypes : Prototypes or None
        What ``compute_prototypes(target)`` gives, where it is known; None computes it.

    Raises
    ------
    DataError, ModelError, TrainingError
        As for `tszoo.transfer.readout.fit_readout` and `tszoo.transfer.pretrain.pretrain`.
    OptionError
        If there are fewer than two members, or a source's body sees each channel by itself.
    """
    if options.members < 2:
        msg = "one member does not go with both heads: half of the members are trained."
        raise OptionError(msg)
    n_frozen, n_trained = halves(options.members)
    sources = sources[:n_frozen]
    if sources:
        start = start_from(sources, target)
        if start.channels_apart is not None:
            msg = (
                f"{target.name} has {target.n_channels} channels, the source one; only a ridge "
                "head goes with that."
            )
            raise OptionError(msg)
        architecture, arguments = start.architecture, start.arguments
    readout = fit_readout(
        target,
        sources,
        members=n_frozen,
        seed=options.seed,
        device=options.device,
        architecture=architecture,
        arguments=None if sources else arguments,
        unequal=options.unequal,
        prototypes=prototypes,
    )
    trained = pretrain(
        target,
        replace(options, members=n_trained),
        architecture=architecture,
        arguments=arguments,
        prototypes=readout.prototypes,
    )
    return join(readout, trained, target, test)


def join(readout: Model, trained: Model, train: Dataset, test: Dataset | None = None) -> Model:
    """Put a frozen readout and a trained ensemble of networks of the same shape together.

    Every member votes with equal weight, and the readouts with ``SHARPER`` times their decision
    values. A trained network's head reads the means of the last maps, which are among the features
    of all stages: it becomes one that reads those, and nothing of the others.

    Parameters
    ----------
    readout : Model
        Of ``tszoo.transfer.readout.fit_readout``.
    trained : Model
        Of ``tszoo.transfer.pretrain.pretrain``.
    train : Dataset
        What both were fitted to.
    test : Dataset or None
        Read once, to report.

    Raises
    ------
    OptionError
        If the networks are of different shapes.
    """
    arguments = readout.config.architecture_args
    alike = args_of(
        network_config(
            trained.config.architecture, {**trained.config.architecture_args, "readout": "stages"}
        )
    )
    if (readout.config.architecture, arguments) != (trained.config.architecture, alike):
        msg = f"{readout.config.name}: the frozen and the trained networks are of different shapes."
        raise OptionError(msg)
    networks = (*map(sharpened, readout.networks), *map(reading_stages, trained.networks))
    known, spent = readout.config.training, trained.config.training
    config = ModelConfig(
        architecture=readout.config.architecture,
        architecture_args=arguments,
        members=len(networks),
        classes=trained.config.classes,
        n_channels=trained.config.n_channels,
        length=trained.config.length,
        preprocessing=trained.config.preprocessing,
        recipe={
            "head": "both",
            "frozen": readout.config.members,
            "trained": trained.config.members,
            "sharper": SHARPER,
            "readout": {
                key: value for key, value in readout.config.recipe.items() if key != "sources"
            },
            "training": trained.config.recipe,
            **{key: value for key, value in readout.config.recipe.items() if key == "sources"},
        },
        source=trained.config.trained_on,
        parent=readout.config.base,
        results=_results(networks, trained, train, test),
        training={
            **spent,
            "epochs": [*known["epochs"], *spent["epochs"]],
            "best_epoch": [0] * readout.config.members + spent["best_epoch"],
            "seconds": known["seconds"] + spent["seconds"],
            **_stopped(readout.config.members, trained),
        },
    )
    return Model(config, networks, trained.prototypes)


def sharpened(network: Network) -> Network:
    """Copy a readout, with ``SHARPER`` times its logits."""
    copy = deepcopy(network)
    with torch.no_grad():
        copy.head.weight.mul_(SHARPER)
        copy.head.bias.mul_(SHARPER)
    return copy.eval()


def reading_stages(network: Network) -> Network:
    """Copy a network whose head reads the last maps' means, with a head on all stages that gives the same logits."""
    copy = deepcopy(network)
    weight, bias = network.head.weight, network.head.bias
    copy.set_head(network.head.out_features, "stages")
    copy.to(device=weight.device, dtype=weight.dtype)
    end, width = POOLINGS * sum(network.body.widths), network.body.n_features
    with torch.no_grad():
        copy.head.weight.zero_()
        apart = copy.head.weight.reshape(len(weight), -1, 2 * end)
        apart[:, :, end - width : end] = weight.reshape(len(weight), -1, width)
        copy.head.bias.copy_(bias)
    return copy.eval()


def _results(
    networks: tuple[Network, ...], trained: Model, train: Dataset, test: Dataset | None
) -> dict[str, object]:
    preprocessing = trained.config.preprocessing
    fitted = reached(
        networks, as_tensors(train, train.require_labels(), preprocessing, train.length)
    )
    results: dict[str, object] = {"train_accuracy": fitted.accuracy, "train_loss": fitted.loss}
    if test is not None:
        tested = reached(networks, scorable(test, train, preprocessing))
        results |= {
            "split": "test" if test.split is None else test.split,
            "n_series": test.n_series,
            "accuracy": tested.accuracy,
            "member_accuracy": tested.members,
        }
    return results


def _stopped(n_frozen: int, trained: Model) -> dict[str, object]:
    """Name members that ended early by their place among all."""
    stopped = trained.config.training.get("stopped")
    if not stopped:
        return {}
    return {
        "stopped": {
            f"member {int(who.split()[-1]) + n_frozen}": why for who, why in stopped.items()
        }
    }
