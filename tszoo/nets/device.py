"""Where and how precisely to compute."""

from __future__ import annotations

import re

import torch

from tszoo.errors import OptionError

PRECISIONS = ("auto", "float32", "bfloat16")


def resolve_device(name: str) -> torch.device:
    """Turn the name of a device into the device.

    Parameters
    ----------
    name : str
        ``cpu``, ``cuda``, ``cuda:N``, or ``auto`` for CUDA where there is one.

    Raises
    ------
    OptionError
        If it is another name, or a device that this machine does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if re.fullmatch(r"cpu|cuda(:[0-9]{1,9})?", name) is None:
        msg = f"device must be auto, cpu, cuda or cuda:N, not {name!r}."
        raise OptionError(msg)
    kind, _, index = name.partition(":")
    n_devices = torch.cuda.device_count()
    if kind == "cuda" and int(index or 0) >= n_devices:
        msg = (
            f'device {name}: this machine has {n_devices} CUDA device(s). Use device="cpu" or '
            'device="auto".'
        )
        raise OptionError(msg)
    return torch.device(name)


def split_devices(names: str) -> tuple[str, ...]:
    """Split ``cuda:0,cuda:1`` into the names of its devices; ``cuda:all`` is every one there is.

    Raises
    ------
    OptionError
        If it is ``cuda:all``, and this machine has no CUDA device.
    """
    if names != "cuda:all":
        return tuple(name.strip() for name in names.split(","))
    n_devices = torch.cuda.device_count()
    if n_devices == 0:
        msg = 'device cuda:all: this machine has no CUDA device. Use device="cpu".'
        raise OptionError(msg)
    return tuple(f"cuda:{number}" for number in range(n_devices))


def resolve_precision(name: str, device: torch.device) -> torch.dtype:
    """Turn the name of a precision into the dtype to compute in.

    ``auto`` is bfloat16 where the hardware multiplies it natively, and float32 elsewhere.

    Raises
    ------
    OptionError
        If it is none of ``PRECISIONS``.
    """
    if name not in PRECISIONS:
        msg = f"precision must be one of {', '.join(PRECISIONS)}, not {name!r}."
        raise OptionError(msg)
    if name == "bfloat16" or (name == "auto" and _has_native_bfloat16(device)):
        return torch.bfloat16
    return torch.float32


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.get_device_capability(device) >= (8, 0))
    # These are private, and old releases lack them. But nothing else in PyTorch says which
    # instructions oneDNN will find.
    probes = (
        getattr(torch.cpu, name, None)
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return any(probe is not None and bool(probe()) for probe in probes)
