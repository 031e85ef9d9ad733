"""Whole numbers and scales that do not belong together, or are none, and what is said of them."""

from __future__ import annotations

import math
import struct
from typing import Any

from tests.support.hostile.parts import WEIGHTS, Edit, Spoil, header_edited, keys_of

NUMBERS = "members.0.head.weight"  # I8 of shape (2, 16) in the model that these are done to
SCALE = f"{NUMBERS}.scale"
BIAS = "members.0.head.bias"

Parts = dict[str, tuple[dict[str, Any], bytes]]


def taken_apart(header: dict[str, Any], body: bytes) -> Parts:
    """Give each tensor's entry and bytes, by name."""
    return {
        key: (dict(header[key]), body[slice(*header[key]["data_offsets"])])
        for key in keys_of(header)
    }


def put_together(parts: Parts) -> tuple[dict[str, Any], bytes]:
    header, body = {}, b""
    for key, (entry, data) in parts.items():
        header[key] = {**entry, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    return header, body


def without(*names: str) -> Edit:
    return lambda header, body: put_together(
        {key: part for key, part in taken_apart(header, body).items() if key not in names}
    )


def with_tensor(name: str, dtype: str, shape: list[int], data: bytes) -> Edit:
    """Put a tensor in the place of one, or beside the others."""
    entry = {"dtype": dtype, "shape": shape}
    return lambda header, body: put_together({**taken_apart(header, body), name: (entry, data)})


def renamed(name: str, to: str) -> Edit:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        return put_together(
            {to if key == name else key: part for key, part in taken_apart(header, body).items()}
        )

    return edit


def overlapping(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Let the scales be the first of the numbers."""
    start = header[NUMBERS]["data_offsets"][0]
    return {**header, SCALE: {**header[SCALE], "data_offsets": [start, start + 8]}}, body


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def scales_of(*values: float) -> Edit:
    return with_tensor(SCALE, "F32", [2], floats(*values))


_NO_SCALE = f"{SCALE} has a scale that is not a number above zero with finite multiples up to 127."
_EXPECTED = f"expected F32 of shape (2,), a scale for each output of '{NUMBERS}', which is I8."
_KINDS: dict[str, tuple[Edit, str]] = {
    "no scales": (without(SCALE), f"lacks '{SCALE}'; {_EXPECTED}"),
    "no numbers": (
        without(NUMBERS),
        f"lacks '{NUMBERS}', and has '{SCALE}', which config.json does not imply.",
    ),
    "neither": (without(NUMBERS, SCALE), "tensors, config.json implies"),
    "scales of half precision": (
        with_tensor(NUMBERS, "F16", [2, 16], b"\0" * 64),
        f"'{SCALE}' is a scale of '{NUMBERS}', which is F16, not I8.",
    ),
    "scales of a bias": (
        with_tensor(f"{BIAS}.scale", "F32", [2], floats(1, 1)),
        f"'{BIAS}.scale' is a scale of '{BIAS}', which is F32, not I8.",
    ),
    "scales of scales": (
        with_tensor(f"{SCALE}.scale", "F32", [2], floats(1, 1)),
        f"'{SCALE}.scale' is a scale of '{SCALE}', which is F32, not I8.",
    ),
    "scales called otherwise": (
        renamed(SCALE, f"{NUMBERS}.scales"),
        f"lacks '{SCALE}'; {_EXPECTED}",
    ),
    "scales of another member": (
        renamed(SCALE, SCALE.replace(".0.", ".2.")),
        f"lacks '{SCALE}'; {_EXPECTED}",
    ),
    "one scale": (
        with_tensor(SCALE, "F32", [1], floats(1)),
        f"'{SCALE}' is F32 of shape (1,), {_EXPECTED}",
    ),
    "a scale more": (
        with_tensor(SCALE, "F32", [3], floats(1, 1, 1)),
        f"'{SCALE}' is F32 of shape (3,), {_EXPECTED}",
    ),
    "a scale for each input": (
        with_tensor(SCALE, "F32", [16], floats(*[1] * 16)),
        f"'{SCALE}' is F32 of shape (16,), {_EXPECTED}",
    ),
    "scales in a column": (
        with_tensor(SCALE, "F32", [2, 1], floats(1, 1)),
        f"'{SCALE}' is F32 of shape (2, 1), {_EXPECTED}",
    ),
    "a scale of no shape": (
        with_tensor(SCALE, "F32", [], floats(1)),
        f"'{SCALE}' is F32 of shape (), {_EXPECTED}",
    ),
    **{
        f"scales in {dtype}": (
            with_tensor(SCALE, dtype, [2], b"\1" * n_bytes),
            f"'{SCALE}' is {dtype} of shape (2,), {_EXPECTED}",
        )
        for dtype, n_bytes in {"F16": 4, "BF16": 4}.items()
    },
    "scales of whole numbers": (
        with_tensor(SCALE, "I8", [2], b"\1\1"),
        f"'{SCALE}' is I8 of shape (2,); only tensors of two or",
    ),
    "scales in F64": (
        with_tensor(SCALE, "F64", [2], b"\1" * 16),
        f"'{SCALE}' has dtype 'F64', expected one of",
    ),
    **{
        f"a scale of {value}": (scales_of(1.0, value), _NO_SCALE)
        for value in (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, -1e-45, 3e36)
    },
    "a number of -128": (
        with_tensor(NUMBERS, "I8", [2, 16], b"\x7f" * 31 + b"\x80"),
        f"{NUMBERS} holds -128, expected whole numbers from -127 to 127.",
    ),
    "numbers of another shape": (
        with_tensor(NUMBERS, "I8", [2, 2, 8], b"\1" * 32),
        f"'{NUMBERS}' has shape (2, 2, 8), config.json implies",
    ),
    "numbers in U8": (
        with_tensor(NUMBERS, "U8", [2, 16], b"\1" * 32),
        f"'{NUMBERS}' has dtype 'U8', expected one of",
    ),
    "a bias of whole numbers": (
        with_tensor(BIAS, "I8", [2], b"\1\1"),
        f"'{BIAS}' is I8 of shape (2,); only tensors of two or more dimensions",
    ),
    "scales upon the numbers": (overlapping, "tensors must stand side by side."),
    "scales cut": (
        lambda header, body: (
            {
                **header,
                SCALE: {**header[SCALE], "data_offsets": [header[SCALE]["data_offsets"][0]] * 2},
            },
            body,
        ),
        f"'{SCALE}' has 0 bytes, but shape [2] in F32 takes 8.",
    ),
}

SCALES: dict[str, tuple[Spoil, str]] = {
    name: (header_edited(WEIGHTS, edit), said) for name, (edit, said) in _KINDS.items()
}
