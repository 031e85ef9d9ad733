"""Where and how precisely to compute."""

from __future__ import annotations

import re

import torch

from tszoo.errors import OptionError

PRECISIONS = ("auto", "float32", "bfloat16")


def resolve_device(name: str) -> torch.device:
    """``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:N`` as a device.

    OptionError for another.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if re.fullmatch(r"cpu|cuda(:[0-9]{1,9})?", name) is None:
        msg = f"device must be auto, cpu, cuda or cuda:N, not {name!r}."
        raise OptionError(msg)
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        msg = (
            f"device {name}: this machine has {torch.cuda.device_count()} CUDA device(s). Use "
            "--device cpu or auto."
        )
        raise OptionError(msg)
    return torch.device(name)


def resolve_precision(name: str, device: torch.device) -> torch.dtype:
    """``auto`` takes bfloat16 where the hardware multiplies it natively, else float32.

    OptionError for another.
    """
    if name not in PRECISIONS:
        msg = f"precision must be one of {', '.join(PRECISIONS)}, not {name!r}."
        raise OptionError(msg)
    if name == "auto":
        return torch.bfloat16 if _has_native_bfloat16(device) else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.get_device_capability(device) >= (8, 0))
    # private, and absent from old releases, but the only place where PyTorch says what oneDNN will
    # find
    probes = (
        getattr(torch.cpu, name, None)
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return any(probe is not None and bool(probe()) for probe in probes)
