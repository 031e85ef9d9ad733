"""Write and read a run as JSON Lines: a line on what it is, then a line for every epoch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import DataError, ModelError, TrainingError
from tszoo.storage.bounds import MOST_COUNT, MOST_MEMBERS
from tszoo.storage.files import append, reason, write_file
from tszoo.storage.strict_json import parse_json, plain
from tszoo.text import show
from tszoo.training.watch.curves import WATCHED, Curve, as_entry, check_entry, curves_of
from tszoo.training.watch.writer import Writer

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.training.epoch import EpochReport

MOST_BYTES = 256 << 20

_NUMBERS = ("loss", "accuracy", "learning_rate", "seconds")
_VALIDATION = ("validation_loss", "validation_accuracy")


@dataclass(frozen=True, eq=False)
class MemberHistory:
    """What happened in one member's epochs: arrays of one length, in the order of epochs.

    Attributes
    ----------
    member : int
        Its number, from 0.
    epoch : ndarray of int64
        From 1, rising. An epoch may be missing where a run went on from a checkpoint newer than its
        log.
    loss, accuracy, learning_rate, seconds : ndarray of float64
        As in ``EpochReport``.
    validation_loss, validation_accuracy : ndarray of float64
        NaN where nothing was held out. A number that JSON lacks, such as an infinite loss, is NaN
        too.
    watched : mapping of str to Curve
        Of other series, by what they are called.
    """

    member: int
    epoch: NDArray[np.int64]
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    learning_rate: NDArray[np.float64]
    seconds: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    validation_accuracy: NDArray[np.float64]
    watched: Mapping[str, Curve] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        for own in fields(self)[1:-1]:
            getattr(self, own.name).flags.writeable = False


@dataclass(frozen=True, eq=False)
class RunHistory:
    """A run log that was read.

    Attributes
    ----------
    description : dict
        What the run is, as it was given.
    members : tuple of MemberHistory
        Those that have an epoch, by number.
    """

    description: dict[str, Any]
    members: tuple[MemberHistory, ...]


class RunLog(Writer):
    """A watcher that writes a run down, one JSON object a line.

    A line goes to the file in one piece, and where a full disk takes only a part of it, that part
    is removed, and the log ends there with a warning: see ``Writer``. So a run that is killed
    leaves whole lines. No epoch of a member is in the file
    twice: when a member comes to an epoch that the log already has, because the run goes on from an
    older checkpoint, that epoch and those after it are removed.

    Parameters
    ----------
    path : path
        Its folder is made when needed.
    description : dict
        What the run is: JSON values. It becomes the first line, with ``"kind": "run"``.
    resume : bool
        Whether to go on with the log that is there, if there is one; its first line then stays.
        Otherwise it is replaced.

    Raises
    ------
    TrainingError
        If the file cannot be written, or is not a log to go on with.
    ModelError
        If the description does not hold JSON values.
    """

    reads_network = False

    def __init__(self, path: str | Path, description: dict[str, Any], resume: bool = False) -> None:
        self.path = Path(path)
        self._last: dict[int, int] = {}
        first = _line({"kind": "run", **plain(description, "the run's description")})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not (resume and self.path.exists() and self._go_on()):
                write_file(self.path, first)
        except OSError as error:
            msg = f"{self.path}: cannot write the run log ({reason(error)})."
            raise TrainingError(msg) from error

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:  # noqa: ARG002
        """Write an epoch down."""
        self.note(member, report)

    def note(self, member: int, report: EpochReport) -> None:
        """Write an epoch down, for which no network is needed."""
        if self.is_stopped:
            return
        entry = {"kind": "epoch", "member": member, "epoch": report.epoch}
        entry |= {key: _number(getattr(report, key)) for key in _NUMBERS}
        for key in _VALIDATION:
            value = getattr(report, key)
            if value is not None:
                entry[key] = _number(value)
        if report.watched:
            entry[WATCHED] = as_entry(report.watched)
        with self._writing(f"{self.path}: cannot write the run log"):
            if report.epoch <= self._last.get(member, 0):
                self._forget(member, report.epoch)
            append(self.path, _line(entry))
            self._last[member] = report.epoch

    def _go_on(self) -> bool:
        """Take up the log that is there, without a torn last line.

        False if not even its first line is whole.
        """
        try:
            data = _read(self.path)
            whole = data[: data.rfind(b"\n") + 1]
            if not whole:
                return False
            for history in _parse(whole, self.path).members:
                self._last[history.member] = int(history.epoch[-1])
        except DataError as error:
            msg = f"{error} This log cannot be gone on with: delete it, or name another."
            raise TrainingError(msg) from error
        if len(whole) < len(data):
            write_file(self.path, whole)
        return True

    def _forget(self, member: int, epoch: int) -> None:
        """Drop a member's epochs from ``epoch`` on."""
        kept = []
        for line in self.path.read_bytes().splitlines(keepends=True):
            entry = json.loads(line)
            if entry["kind"] == "run" or entry["member"] != member or entry["epoch"] < epoch:
                kept.append(line)
        write_file(self.path, b"".join(kept))


def read_runlog(path: str | Path) -> RunHistory:
    """Read what a ``RunLog`` wrote.

    Raises
    ------
    DataError
        Naming the file and the line, if it cannot be read, is torn, or holds anything but a run and
        its epochs.
    """
    path = Path(path)
    data = _read(path)
    if data and not data.endswith(b"\n"):
        number = data.count(b"\n") + 1
        msg = (
            f"{path}, line {number}: torn, it has no line break at its end. Go on with the run, or "
            "delete the line."
        )
        raise DataError(msg)
    return _parse(data, path)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            msg = f"{path}: not a regular file."
            raise DataError(msg)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        msg = f"{path}: cannot be read ({reason(error)})."
        raise DataError(msg) from error
    if len(data) > MOST_BYTES:
        msg = f"{path}: more than {MOST_BYTES >> 20} MiB; too large for a run log."
        raise DataError(msg)
    return data


def _parse(data: bytes, path: Path) -> RunHistory:
    # split at line feeds only: a text may hold other characters that end lines
    lines = data.split(b"\n")[:-1]
    description: dict[str, Any] | None = None
    rows: dict[int, list[dict[str, Any]]] = {}
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            entry = parse_json(line)
            if number == 1:
                description = _run(entry)
            else:
                _epoch(entry, rows)
    except ModelError as error:
        msg = f"{path}, line {number}: {error}"
        raise DataError(msg) from error
    if description is None:
        msg = f"{path}: empty, expected a run log."
        raise DataError(msg)
    return RunHistory(description, tuple(_member(k, rows[k]) for k in sorted(rows)))


def _run(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict) or entry.pop("kind", None) != "run":
        msg = 'expected an object of "kind": "run", for so a run log begins.'
        raise ModelError(msg)
    return entry


def _epoch(entry: Any, rows: dict[int, list[dict[str, Any]]]) -> None:
    """Check an epoch's line and put it with its member's."""
    required = {"kind", "member", "epoch", *_NUMBERS}
    if not isinstance(entry, dict) or entry.get("kind") != "epoch":
        msg = 'expected an object of "kind": "epoch".'
        raise ModelError(msg)
    missing = sorted(required - set(entry))
    if missing:
        msg = f"an epoch without {missing[0]}."
        raise ModelError(msg)
    unknown = sorted(set(entry) - required - {*_VALIDATION, WATCHED})
    if unknown:
        msg = f"an epoch has no {show(unknown[0])}."
        raise ModelError(msg)
    _check_values(entry)
    check_entry(entry.get(WATCHED, {}))
    before = rows.setdefault(entry["member"], [])
    if before and entry["epoch"] <= before[-1]["epoch"]:
        msg = (
            f"epoch {entry['epoch']} of member {entry['member']} stands behind its epoch "
            f"{before[-1]['epoch']}."
        )
        raise ModelError(msg)
    before.append(entry)


def _check_values(entry: dict[str, Any]) -> None:
    for key, least, most in (("member", 0, MOST_MEMBERS - 1), ("epoch", 1, MOST_COUNT)):
        if type(entry[key]) is not int or not least <= entry[key] <= most:
            msg = f"{key} must be a whole number from {least} to {most}, not {show(entry[key])}."
            raise ModelError(msg)
    for key in (*_NUMBERS, *_VALIDATION):
        value = entry.get(key)
        wanted, highest = "a number from 0 up", math.inf
        if key.endswith("accuracy"):
            wanted, highest = "a share from 0 to 1", 1.0
        is_number = type(value) in (int, float)
        if value is not None and not (is_number and 0.0 <= value <= highest):
            msg = f"{key} must be {wanted}, or null, not {show(value)}."
            raise ModelError(msg)


def _member(member: int, rows: list[dict[str, Any]]) -> MemberHistory:
    epoch = np.array([row["epoch"] for row in rows], dtype=np.int64)
    # a value that is missing or null becomes NaN
    columns = [
        np.array([row.get(key) for row in rows], dtype=np.float64)
        for key in (*_NUMBERS, *_VALIDATION)
    ]
    return MemberHistory(member, epoch, *columns, watched=curves_of(rows))


def _line(entry: dict[str, Any]) -> bytes:
    return (json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def _number(value: float) -> float | None:
    """Return the number, or None for one that JSON lacks."""
    if math.isfinite(value):
        return float(value)
    return None
