"""List the zoo's models, and make plain PyTorch modules of them, as timm does for images."""

from __future__ import annotations

from copy import deepcopy
from fnmatch import fnmatchcase
from pathlib import Path

import torch

from tszoo.errors import ModelError, OptionError
from tszoo.models.model import Model
from tszoo.models.module import Origin, SeriesModule, StagesModule
from tszoo.nets.network import Network, initialize
from tszoo.nets.network_config import READS_LESS
from tszoo.nets.registry import ARCHITECTURES, args_of, build, network_config
from tszoo.zoo.find import ZooLike, load_model, open_zoo

# Arguments of an architecture that say how a head reads the body.
OF_A_HEAD = READS_LESS | {"readout", "resampled", "nuisances", "channels_apart", "level"}


def list_models(pattern: str = "*", zoo: ZooLike = None) -> list[str]:
    """List the names of a zoo's models, in the alphabet's order.

    Parameters
    ----------
    pattern : str
        With ``*`` and ``?``, such as ``"inception.*"`` or ``"*.universal*"``.
    zoo : Zoo, str, Path or None
        A zoo, a folder, ``hf://ORG``, or None for the embedded zoo.

    Raises
    ------
    ZooError
        If there is no such zoo.
    """
    return sorted(e.name for e in open_zoo(zoo).models if fnmatchcase(e.name, pattern))


def create_model(
    name: str | Path,
    pretrained: bool = True,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    features_only: bool = False,
    seed: int = 0,
    zoo: ZooLike = None,
) -> SeriesModule | StagesModule:
    """Make a plain PyTorch module of a model of the zoo, in evaluation mode.

    Parameters
    ----------
    name : str or Path
        A model, as ``Model.load`` takes it; its first member is used. Without ``pretrained``, an
        architecture as well, such as ``"inception"``.
    pretrained : bool
        Whether to keep the weights; otherwise they are Glorot-uniform.
    num_classes : int or None
        None keeps the head that the model has, 0 does without a head, and a number puts on a fresh
        one that reads the means of the last maps.
    in_channels : int or None
        None is what the model takes. A body that sees one channel serves any number of them, one
        by one.
    features_only : bool
        Whether to give the maps of all stages instead of logits.
    seed : int
        Of fresh weights.
    zoo : Zoo, str, Path or None
        Where names are looked up; None for the embedded zoo.

    Returns
    -------
    SeriesModule, or StagesModule for ``features_only``

    Raises
    ------
    ModelError
        If the body sees several channels together, and another number is asked for; if the
        architecture is unknown.
    OptionError
        If a number is out of range, or the head that is to be kept reads another number of
        channels.
    ZooError
        If there is no such model.

    Examples
    --------
    >>> import torch, tszoo
    >>> module = tszoo.create_model("inception.GunPoint", num_classes=3)
    >>> module(torch.randn(8, 1, 150)).shape
    torch.Size([8, 3])
    """
    if not pretrained and str(name) in ARCHITECTURES:
        module = _of_architecture(str(name), in_channels or 1, num_classes)
    else:
        module = _of_model(load_model(name, zoo), in_channels, num_classes)
    if not pretrained:
        initialize(module.network, torch.Generator().manual_seed(seed))
    if num_classes is not None:
        module.reset_classifier(num_classes, seed=seed)
    module.eval()
    if features_only:
        return StagesModule(module)
    return module


def _of_model(model: Model, in_channels: int | None, num_classes: int | None) -> SeriesModule:
    """Copy a model's first member, for as many channels as are asked for."""
    config = model.config
    network = deepcopy(model.networks[0])
    n_channels = config.n_channels
    if network.level and num_classes is not None:  # the head that reads levels goes
        network.level = False
        network.set_head(network.head.out_features, network.readout)
    if in_channels is not None and in_channels != n_channels:
        n_channels = in_channels
        _take_channels(network, n_channels, config.name, num_classes)
    args = {key: value for key, value in config.architecture_args.items() if key not in OF_A_HEAD}
    origin = Origin(config.architecture, args, model.as_base)
    return SeriesModule(network, origin, n_channels, normalize=config.preprocessing.normalize)


def _take_channels(network: Network, n_channels: int, name: str, num_classes: int | None) -> None:
    """Let a body serve another number of channels, one by one, or say why it cannot."""
    if type(n_channels) is not int or n_channels < 1:
        msg = f"in_channels={n_channels!r}: expected a whole number from 1 up."
        raise OptionError(msg)
    if network.channels_together > 1:
        msg = (
            f"in_channels={n_channels}: the body of {name} sees {network.channels_together} "
            "channels together, so it takes no other number of them."
        )
        raise ModelError(msg)
    if num_classes is None and network.head.out_features:
        msg = (
            f"in_channels={n_channels}: the head of {name} reads {network.channels_apart}. Say "
            "what is to be put in its place: num_classes=0 for no head, or a number of classes."
        )
        raise OptionError(msg)
    network.channels_apart = n_channels
    network.set_head(network.head.out_features, network.readout)


def _of_architecture(architecture: str, in_channels: int, num_classes: int | None) -> SeriesModule:
    """Make a module of an architecture with its paper's network."""
    if num_classes is None:
        msg = (
            f"num_classes=None: {architecture} is no model, so it has no head to keep. Name a "
            "number."
        )
        raise OptionError(msg)
    network = build(architecture, None, in_channels, max(num_classes, 1))
    return SeriesModule(
        network, Origin(architecture, args_of(network_config(architecture)), None), in_channels
    )
