"""The weights of an ensemble as one safetensors file, checked against the config before use.

Tensors are named ``members.K.`` and the name in the network's state. Filters and other tensors of
two or more dimensions are kept as float16 unless told otherwise, biases and batch-norm statistics
always as float32; batch norms' counters of batches mean nothing after training and are left out. In
memory everything is float32.

A tensor of whole numbers (I8) has its scales beside it, F32 of shape ``(n_out,)``, under its own
name and ``.scale``; neither is there without the other. A file may hold tensors of several types.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import torch as safetensors_torch
from torch import Tensor

from tszoo.errors import ModelError, OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.encoding import MOST, SCALE, decode, encode
from tszoo.nets.network import Network
from tszoo.nets.registry import outline
from tszoo.storage.layout import CONFIG, WEIGHTS
from tszoo.storage.tensors import Header, read_tensors
from tszoo.storage.tensors import Tensor as Stored
from tszoo.text import show

DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "int8": torch.int8,
}
_DTYPE_OF = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "I8": torch.int8}
_VARIANCE = "running_var"


def write_weights(
    networks: Sequence[Network], config: ModelConfig, dtype: str = "float16"
) -> bytes:
    """Write the content of ``model.safetensors``.

    Parameters
    ----------
    networks : sequence of Network
        The members, as ``config`` describes them.
    config : ModelConfig
    dtype : {"float16", "bfloat16", "float32", "int8"}
        For tensors of two or more dimensions. One with values that float16 cannot hold (above
        65504) stays float32. For int8 see ``tszoo.models.encoding``; a network that was read from
        it is written as the same bytes.

    Raises
    ------
    ModelError
        If the networks are not what the config says, or have weights that are not finite.
    OptionError
        If the dtype is none of the four.
    """
    kept = _dtype(dtype)
    if len(networks) != config.members:
        msg = f"{len(networks)} network(s), but the config says {config.members} members."
        raise ModelError(msg)
    shapes = _shapes(_empty(config))
    tensors: dict[str, Tensor] = {}
    for k, network in enumerate(networks):
        state = network.state_dict()
        if _shapes(network) != shapes:
            msg = f"member {k} is not the network that the config of {config.name} describes."
            raise ModelError(msg)
        for key in shapes:
            _check_finite(f"members.{k}.{key}", state[key])
            tensors |= _stored(f"members.{k}.{key}", state[key], kept)
    return bytes(safetensors_torch.save(tensors, metadata={"format": "pt"}))


def as_stored(network: Network, dtype: str) -> Network:
    """Copy a network to the CPU, with the weights that it has once written as ``dtype`` and read.

    Raises
    ------
    ModelError
        If it has weights that are not finite.
    OptionError
        If the dtype is unknown.
    """
    kept, copied = _dtype(dtype), copy.deepcopy(network).cpu()
    state = copied.state_dict()
    for key in _shapes(copied):
        value = state[key]
        _check_finite(key, value)
        tensors = _stored(key, value, kept)
        if key + SCALE in tensors:
            state[key] = decode(tensors[key], tensors[key + SCALE])
        else:
            state[key] = tensors[key].float()
    copied.load_state_dict(state)
    return copied


def read_weights(
    folder: Path, config: ModelConfig, n_members: int | None = None
) -> tuple[Network, ...]:
    """Build the networks that the config describes, with the weights of a model folder.

    Nothing of the size that the config asks for is allocated before the file is known to hold
    exactly that.

    Parameters
    ----------
    folder : Path
    config : ModelConfig
    n_members : int or None
        How many to build, the first ones; None for all. The weights of the others are not read,
        only known to be there.

    Returns
    -------
    tuple of Network
        On the CPU, float32, in evaluation mode.

    Raises
    ------
    ModelError
        Naming the file and what is wrong with it: missing, truncated or unexpected tensors, other
        shapes or types than the config implies, whole numbers without their scales or scales
        without whole numbers, values that are not finite.
    """
    path = folder / WEIGHTS
    try:
        blank = _empty(config)
    except ModelError as error:
        msg = f"{folder / CONFIG}: {error}"
        raise ModelError(msg) from error
    shapes = _shapes(blank)
    n = min(n_members or config.members, config.members)
    tensors = read_tensors(
        folder,
        WEIGHTS,
        lambda header: _check_header(header, shapes, config.members),
        lambda name: (
            int(name.split(".", 2)[1]) < n
        ),  # asked when all names are known to be members.K.KEY
    )
    networks = []
    for k in range(n):
        state = {}
        for key in shapes:
            name = f"members.{k}.{key}"
            state[key] = _read(tensors, name, path)
        networks.append(_filled(blank, state))
    return tuple(networks)


def _empty(config: ModelConfig) -> Network:
    """Build the network that a config describes, without memory for its weights."""
    return outline(
        config.architecture,
        config.architecture_args,
        config.n_channels,
        config.n_classes,
        length=config.length,
    )


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Shape of every stored tensor of one member, by its name in the network's state.

    A universal body's head has no numbers, and is not stored.
    """
    state = network.state_dict()
    return {key: tuple(value.shape) for key, value in state.items() if value.numel()}


def _dtype(name: str) -> torch.dtype:
    if name not in DTYPES:
        msg = f"dtype must be one of {', '.join(DTYPES)}, not {show(name)}."
        raise OptionError(msg)
    return DTYPES[name]


def _read(tensors: dict[str, tuple[Stored, bytes]], name: str, path: Path) -> Tensor:
    """Take a tensor out of those read, with its scales, whose presence the header has promised."""
    numbers = _numbers(*tensors.pop(name))
    if numbers.dtype != torch.int8:
        value = numbers.float()
        _check_finite(f"{path}: {name}", value)
        return value
    scale = _numbers(*tensors.pop(name + SCALE))
    # with finite multiples, so that there is no need to look at each
    if not bool((torch.isfinite(scale * MOST) & (scale > 0)).all()):
        msg = (
            f"{path}: {name + SCALE} has a scale that is not a number above zero with finite "
            f"multiples up to {MOST}."
        )
        raise ModelError(msg)
    if int(numbers.min()) < -MOST:
        msg = (
            f"{path}: {name} holds {int(numbers.min())}, expected whole numbers from -{MOST} to "
            f"{MOST}."
        )
        raise ModelError(msg)
    return decode(numbers, scale)


def _numbers(tensor: Stored, data: bytes) -> Tensor:
    # a copy, because PyTorch's tensors can be written to
    return torch.frombuffer(bytearray(data), dtype=_DTYPE_OF[tensor.dtype]).reshape(tensor.shape)


def _filled(blank: Network, state: Mapping[str, Tensor]) -> Network:
    """Copy a network without memory and give it its weights: faster than to build it anew."""
    network = copy.deepcopy(blank)
    empty = {
        key: torch.empty(value.shape)
        for key, value in blank.state_dict().items()
        if not value.numel()
    }
    network.load_state_dict({**state, **empty}, strict=True, assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval()


def _check_header(header: Header, shapes: Mapping[str, tuple[int, ...]], members: int) -> None:
    tensors = _without_scales(header.tensors)
    # counted first: a config may name more members than could be listed
    if len(tensors) == members * len(shapes):
        expected = {
            f"members.{k}.{key}": shape for k in range(members) for key, shape in shapes.items()
        }
        missing, unknown = (
            sorted(expected.keys() - tensors.keys()),
            sorted(tensors.keys() - expected.keys()),
        )
        if missing:
            msg = (
                f"lacks {show(missing[0])}, and has {show(unknown[0])}, which config.json does not "
                "imply."
            )
            raise ModelError(msg)
        for key, shape in expected.items():
            if tensors[key].shape != shape:
                msg = f"{show(key)} has shape {tensors[key].shape}, config.json implies {shape}."
                raise ModelError(msg)
        return
    msg = (
        f"{len(tensors)} tensors, config.json implies {members * len(shapes)} ({members} member(s) "
        f"of {len(shapes)} tensors)."
    )
    raise ModelError(msg)


def _without_scales(tensors: Mapping[str, Stored]) -> dict[str, Stored]:
    """Give all tensors but the scales of whole numbers.

    ModelError if one of the two is there without the other.
    """
    scales = set()
    for key, tensor in tensors.items():
        if tensor.dtype == "I8":
            _check_scale(key, tensor, tensors.get(key + SCALE))
            scales.add(key + SCALE)
            continue
        scaled = tensors.get(key.removesuffix(SCALE), tensor)
        if scaled is not tensor and scaled.dtype != "I8":
            msg = (
                f"{show(key)} is a scale of {show(key.removesuffix(SCALE))}, which is "
                f"{scaled.dtype}, not I8."
            )
            raise ModelError(msg)
    return {key: tensor for key, tensor in tensors.items() if key not in scales}


def _check_scale(key: str, tensor: Stored, scale: Stored | None) -> None:
    if len(tensor.shape) < 2:
        msg = (
            f"{show(key)} is I8 of shape {tensor.shape}; only tensors of two or more dimensions "
            "may be."
        )
        raise ModelError(msg)
    expected = (
        f"expected F32 of shape {tensor.shape[:1]}, a scale for each output of {show(key)}, which "
        "is I8."
    )
    if scale is None:
        msg = f"lacks {show(key + SCALE)}; {expected}"
        raise ModelError(msg)
    if scale.dtype != "F32" or scale.shape != tensor.shape[:1]:
        msg = f"{show(key + SCALE)} is {scale.dtype} of shape {scale.shape}, {expected}"
        raise ModelError(msg)


def _stored(name: str, value: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
    """Give what is written of a tensor: itself, or whole numbers and their scales."""
    value = value.detach().to("cpu", torch.float32).contiguous()
    if value.ndim < 2:
        return {name: value}
    if dtype == torch.int8:
        numbers, scale = encode(value)
        return {name: numbers, name + SCALE: scale}
    narrow = value.to(dtype)
    if bool(torch.isfinite(narrow).all()):
        return {name: narrow}
    return {name: value}


def _check_finite(where: str, value: Tensor) -> None:
    if not bool(torch.isfinite(value).all()):
        msg = f"{where} has values that are not finite."
        raise ModelError(msg)
    if where.endswith(_VARIANCE) and bool((value < 0).any()):
        msg = f"{where} has a variance below zero."
        raise ModelError(msg)
