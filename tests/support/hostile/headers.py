"""Tensors whose headers lie about them, or that are not numbers to compute with."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.hostile.parts import (
    PROTOTYPES,
    TENSORS,
    WEIGHTS,
    Edit,
    Spoil,
    header_edited,
    keys_of,
)


def entry_with(**changes: Any) -> Edit:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        key = keys_of(header)[0]
        return {**header, key: {**header[key], **changes}}, body

    return edit


def entry_as(value: Any) -> Edit:
    return lambda header, body: ({**header, keys_of(header)[0]: value}, body)


def entry_without(field: str) -> Edit:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        key = keys_of(header)[0]
        return {**header, key: {k: v for k, v in header[key].items() if k != field}}, body

    return edit


def renamed(to: Callable[[str], str]) -> Edit:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        first = keys_of(header)[0]
        return {(to(key) if key == first else key): value for key, value in header.items()}, body

    return edit


def named_twice(header: dict[str, Any], body: bytes) -> tuple[bytes, bytes]:
    text, key = json.dumps(header), keys_of(header)[0]
    return (text[:-1] + f", {json.dumps(key)}: {json.dumps(header[key])}}}").encode(), body


def last_left_out(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    last = keys_of(header)[-1]
    return {k: v for k, v in header.items() if k != last}, body[: header[last]["data_offsets"][0]]


def one_more(name: str) -> Edit:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        more = {"dtype": "F32", "shape": [1, 1], "data_offsets": [len(body), len(body) + 4]}
        return {**header, name: more}, body + b"\0" * 4

    return edit


def moved(by: int, padding: bytes) -> Edit:
    """Let all tensors begin later than they do."""

    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        keys = keys_of(header)
        later = {
            k: {**header[k], "data_offsets": [at + by for at in header[k]["data_offsets"]]}
            for k in keys
        }
        return {**header, **later}, padding + body

    return edit


def overlapping(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    one, other = keys_of(header)[:2]
    size = header[other]["data_offsets"][1] - header[other]["data_offsets"][0]
    return {**header, other: {**header[other], "data_offsets": [0, size]}, one: header[one]}, body


def all_in_one_place(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    sizes = {
        k: header[k]["data_offsets"][1] - header[k]["data_offsets"][0] for k in keys_of(header)
    }
    stacked = {k: {**header[k], "data_offsets": [0, size]} for k, size in sizes.items()}
    return {**header, **stacked}, body[: max(sizes.values())]


def as_double(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Give the first tensor eight bytes a number, and room for them."""
    first, *others = keys_of(header)
    end = header[first]["data_offsets"][1]
    size = 8 * math.prod(header[first]["shape"])
    entries = {first: {**header[first], "dtype": "F64", "data_offsets": [0, size]}}
    for key in others:
        entries[key] = {
            **header[key],
            "data_offsets": [at - end + size for at in header[key]["data_offsets"]],
        }
    return {**header, **entries}, b"\0" * size + body[end:]


def poisoned(name: str, dtype: str, value: float, where: str = "") -> Spoil:
    def edit(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        key = next(k for k in keys_of(header) if header[k]["dtype"] == dtype and k.endswith(where))
        number = struct.pack({"F16": "<e", "F32": "<f"}[dtype], value)
        end = header[key]["data_offsets"][1]
        return header, body[: end - len(number)] + number + body[end:]

    return header_edited(name, edit)


def announced(name: str, size: Callable[[int], int]) -> Spoil:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        there = struct.unpack("<Q", content[:8])[0]
        (folder / name).write_bytes(struct.pack("<Q", size(there)) + content[8:])

    return spoil


LENGTHS: dict[str, Callable[[int], int]] = {
    "0 bytes": lambda _: 0,
    "1 byte": lambda _: 1,
    "2 bytes": lambda _: 2,
    "a byte less": lambda size: size - 1,
    "a byte more": lambda size: size + 1,
    "a half": lambda size: size // 2,
    "2 GB": lambda _: 2 * 10**9,
    "2^63 bytes": lambda _: 2**63,
    "2^64 - 1 bytes": lambda _: 2**64 - 1,
}
HEADERS: dict[str, Edit] = {
    "of no tensors": lambda header, body: ({"__metadata__": header["__metadata__"]}, body),
    "of nothing": lambda _, body: ({}, body),
    "of nothing before nothing": lambda _, __: ({}, b""),
    "a list": lambda header, body: (b"[" + json.dumps(header).encode() + b"]", body),
    "with space before": lambda header, body: (b" " + json.dumps(header).encode(), body),
    "with NaN": lambda header, body: (b'{"a": NaN}', body),
    "with 10^400": lambda header, body: (
        json.dumps(header).replace("[0, ", "[1" + "0" * 400 + ", ").encode(),
        body,
    ),
    "not UTF-8": lambda header, body: (
        json.dumps(header).encode().replace(b"dtype", b"dtyp\xff"),
        body,
    ),
    "cut": lambda header, body: (json.dumps(header).encode()[:-1], body),
    "metadata a list": lambda header, body: ({**header, "__metadata__": []}, body),
    "metadata null": lambda header, body: ({**header, "__metadata__": None}, body),
    "metadata of numbers": lambda header, body: ({**header, "__metadata__": {"classes": 1}}, body),
    "a tensor twice": named_twice,
    "a tensor less": last_left_out,
    "a tensor more": one_more("more"),
    "a tensor of the same number": one_more("members.00.head.bias"),
    "a tensor without end": one_more("x" * 5000),
    **{
        f"a tensor called {shown}": renamed(to)
        for shown, to in {
            "nothing": lambda _: "",
            "otherwise": lambda key: f"{key}x",
            "with a zero more": lambda key: key.replace(".0", ".00", 1),
            "in capitals": str.upper,
            "with NUL": lambda key: f"{key}\0",
            "a path": lambda key: f"../{key}",
            "a surrogate": lambda key: f"{key}\ud800",
            "an escape": lambda key: f"{key}\x1b[2J",
            "a number too large": lambda key: key.replace(".0", "." + "9" * 5000, 1),
            "a negative number": lambda key: key.replace(".0", ".-0", 1),
            "with other digits": lambda key: key.replace(".0", ".\u0660", 1),
        }.items()
    },
    **{
        f"an entry {value!r}": entry_as(value) for value in (None, 1, "x", [], {}, {"dtype": "F32"})
    },
    **{
        f"an entry without {field}": entry_without(field)
        for field in ("dtype", "shape", "data_offsets")
    },
    "an entry with more": entry_with(more=1),
    **{
        f"dtype {value!r}": entry_with(dtype=value)
        for value in (
            "I64",
            "F64",
            "BOOL",
            "U8",
            "I8",
            "F8_E4M3",
            "C64",
            "f32",
            "",
            "X",
            "F32\0",
            "\x1b",
            None,
            1,
            ["F32"],
            {},
        )
    },
    "doubles": as_double,
    **{
        f"shape {str(value)[:40]}": entry_with(shape=value)
        for value in (
            None,
            1,
            "4",
            {},
            [],
            [0],
            [-1],
            [1.0],
            [True],
            ["1"],
            [None],
            [[1]],
            [1] * 9,
            [2**40] * 8,
            [2**32, 2**32],
            [2**63, 2],
            [10**39] * 8,
            [-4, -4],
            [1] * 100_000,
        )
    },
    **{
        f"offsets {str(value)[:40]}": entry_with(data_offsets=value)
        for value in (
            None,
            0,
            "0",
            {},
            [],
            [0],
            [0, 1, 2],
            [8, 0],
            [-8, 8],
            [0.0, 8.0],
            ["0", "8"],
            [True, 8],
            [0, 2**63],
            [0, 10**39],
            [10**39, 10**39 + 8],
            [0, 0],
        )
    },
    "tensors upon each other": overlapping,
    "all tensors in one place": all_in_one_place,
    "a gap before the first": moved(8, b"\0" * 8),
    "offsets beyond the end": moved(8, b""),
    "bytes behind the last": lambda header, body: (header, body + b"\0"),
    "a byte less than told": lambda header, body: (header, body[:-1]),
    "no bytes": lambda header, _: (header, b""),
}


def headers() -> Iterator[tuple[str, Spoil]]:
    for name, short in TENSORS.items():
        for kind, size in LENGTHS.items():
            yield f"{short}: a header of {kind}", announced(name, size)
        for kind, edit in HEADERS.items():
            yield f"{short}: header {kind}", header_edited(name, edit)
        for value in (math.nan, math.inf, -math.inf):
            yield f"{short}: a value {value}", poisoned(name, "F32", value)
    for value in (math.nan, math.inf, -math.inf):
        yield f"weights: half a value {value}", poisoned(WEIGHTS, "F16", value)
    yield "weights: a variance below 0", poisoned(WEIGHTS, "F32", -1.0, "running_var")
    yield (
        "weights: all ones",
        header_edited(WEIGHTS, lambda header, body: (header, b"\xff" * len(body))),
    )  # NaN
    yield "prototypes: half precision", header_edited(PROTOTYPES, halved)
    yield "prototypes: other labels", header_edited(PROTOTYPES, labelled('["c1", "c0"]'))
    yield "prototypes: labels no list", header_edited(PROTOTYPES, labelled('"c0"'))
    yield "prototypes: labels no JSON", header_edited(PROTOTYPES, labelled("[" * 100_000))
    yield "prototypes: labels a surrogate", header_edited(PROTOTYPES, labelled("\ud800"))
    yield (
        "prototypes: no labels",
        header_edited(PROTOTYPES, lambda header, body: ({**header, "__metadata__": {}}, body)),
    )
    yield "prototypes: longer than the series", header_edited(PROTOTYPES, lengthened)


def halved(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    entries = {k: {**header[k], "dtype": "F16"} for k in keys_of(header)}
    for entry in entries.values():
        entry["data_offsets"] = [at // 2 for at in entry["data_offsets"]]
    return {**header, **entries}, body[: len(body) // 2]


def lengthened(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    entries = {k: {**header[k], "shape": [1, 2 * header[k]["shape"][1]]} for k in keys_of(header)}
    for entry in entries.values():
        entry["data_offsets"] = [2 * at for at in entry["data_offsets"]]
    return {**header, **entries}, body * 2


def labelled(classes: str) -> Edit:
    return lambda header, body: ({**header, "__metadata__": {"classes": classes}}, body)
