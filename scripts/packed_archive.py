"""Packs the training splits of an archive into one small file, and reads them again.

The file is a NumPy archive. ``sets`` is a JSON text: a list of name, split, classes, whether any
length is taken, and the digest of the series as they were. NAME/values has the z-normalised
series in 16 bits, NaN where a value is missing and behind a series shorter than the longest;
NAME/lengths and NAME/labels are those of the data set.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tszoo.data import Dataset
from tszoo.data.archive import list_archive
from tszoo.data.load import load_dataset
from tszoo.data.preprocess import choose_preprocessing, prepare
from tszoo.errors import DataError
from tszoo.storage.files import write_file

SETS = "sets"
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class PackedDataset(Dataset):
    """Holds the series of a pack, under the digest that they had before they were packed."""

    digest: str = ""

    @property
    def sha256(self) -> str:  # type: ignore[override]
        """Digest of the series as they were: what a model of these has learnt."""
        return self.digest

    def take(self, indices: ArrayLike) -> Dataset:
        """Return some of the series; their digest is their own."""
        return Dataset(
            self.name, self.series, self.lengths, self.labels, self.classes, split=self.split
        ).take(indices)


def training_sets(source: Path) -> list[Dataset]:
    """Read all labelled training splits of an archive's folder or of a pack, by name.

    Raises
    ------
    DataError
        If the source cannot be read.
    """
    if source.is_dir():
        return list(archive_splits(source))
    return read_pack(source)


def archive_splits(archive: Path) -> Iterable[Dataset]:
    """Yield the training splits of an archive; one that cannot be used is named and left out."""
    for entry in list_archive(archive):
        if "train" not in entry.splits:
            continue
        try:
            dataset = load_dataset(entry.name, split="train", archive=archive)
            dataset.require_labels()
        except DataError as error:
            print(f"left out: {error}", flush=True)
            continue
        yield dataset


def write_pack(sets: Iterable[Dataset], path: Path, most_bytes: int) -> list[str]:
    """Pack data sets in their order, as many as fit; return the names of those that do not.

    Raises
    ------
    DataError
        If not one fits.
    """
    arrays: dict[str, NDArray[Any]] = {}
    facts: list[dict[str, Any]] = []
    left_out = []
    room = most_bytes
    for dataset in sets:
        packed = _packed(dataset)
        # a line of its facts and three entries of the file's table
        size = sum(map(_deflated, packed.values())) + len(dataset.classes) * 16 + 1024
        if size > room:
            left_out.append(dataset.name)
            continue
        room -= size
        arrays |= packed
        facts.append(_facts(dataset))
    if not facts:
        msg = f"{path}: not one data set fits into {most_bytes} bytes."
        raise DataError(msg)
    text = json.dumps(facts).encode()
    file = io.BytesIO()
    np.savez_compressed(file, **{SETS: np.frombuffer(text, dtype=np.uint8), **arrays})
    write_file(path, file.getvalue())
    return left_out


def read_pack(path: Path) -> list[Dataset]:
    """Read the data sets of a pack; DataError if it is none. Nothing in it is unpickled."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            facts = json.loads(arrays[SETS].tobytes())
            return [_unpacked(of_set, arrays, path) for of_set in facts]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"{path}: cannot be read as a pack of data sets ({error})."
        raise DataError(msg) from error


def _packed(dataset: Dataset) -> dict[str, NDArray[Any]]:
    values = prepare(dataset, choose_preprocessing(dataset))
    values[np.isnan(dataset.series)] = np.nan
    behind = np.arange(dataset.length) >= dataset.lengths[:, None]
    values = np.where(behind[:, None, :], np.float32(np.nan), values)
    return {
        f"{dataset.name}/values": values.astype(np.float16),
        f"{dataset.name}/lengths": dataset.lengths,
        f"{dataset.name}/labels": dataset.require_labels(),
    }


def _facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "split": dataset.split,
        "classes": list(dataset.classes),
        "any_length": dataset.any_length,
        "sha256": dataset.sha256,
    }


def _deflated(array: NDArray[Any]) -> int:
    return len(zlib.compress(array.tobytes()))


def _unpacked(facts: Mapping[str, Any], arrays: Arrays, path: Path) -> Dataset:
    name = facts["name"]
    values = arrays[f"{name}/values"]
    lengths, labels = arrays[f"{name}/lengths"], arrays[f"{name}/labels"]
    if values.ndim != 3 or lengths.shape != labels.shape or labels.shape != values.shape[:1]:
        msg = f"{path}: the arrays of {name} do not go together."
        raise DataError(msg)
    return PackedDataset(
        name=name,
        series=values.astype(np.float32),
        lengths=lengths,
        labels=labels,
        classes=tuple(facts["classes"]),
        provenance=str(path),
        split=facts["split"],
        any_length=facts["any_length"],
        digest=facts["sha256"],
    )
