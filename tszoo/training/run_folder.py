"""Name, find and remove the files that a run keeps in a folder until its model is whole.

A user may have a folder of that name already, so only files that a run makes are ever removed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tszoo.errors import TrainingError
from tszoo.storage.files import reason

# with .tmp: what a killed run left half-written
_KEPT = re.compile(r"member-\d+(\.safetensors|(-\d+)?\.partial\.safetensors)(\.tmp)?")


def member_path(folder: Path, number: int) -> Path:
    """Name the file of a member that is done."""
    return folder / f"member-{number}.safetensors"


def partial_path(folder: Path, numbers: Sequence[int]) -> Path:
    """Name the file of members that are trained as one, as far as they have come."""
    ends = sorted({numbers[0], numbers[-1]})
    return folder / f"member-{'-'.join(map(str, ends))}.partial.safetensors"


def holds_run(folder: Path) -> bool:
    """Return whether an interrupted run left something to go on with."""
    return any(not path.name.endswith(".tmp") for path in _of_a_run(folder))


def check_kept(folder: Path) -> None:
    """Check that a run may be kept in ``folder``.

    Raises
    ------
    TrainingError
        If it is a file, or holds what no run put there.
    """
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            msg = (
                f"{folder}: exists and is no folder; a run is kept in it. Move it, or choose "
                "another folder."
            )
            raise TrainingError(msg)
        others = sorted(path.name for path in folder.iterdir() if not _is_of_a_run(path))
    except OSError as error:
        msg = (
            f"{folder}: cannot be looked into ({reason(error)}), and a run is kept in it. Choose "
            "another folder."
        )
        raise TrainingError(msg) from error
    if others:
        msg = (
            f"{folder}: holds {others[0]}, which no training put there, and a run is kept in this "
            "folder. Move it, or choose another folder."
        )
        raise TrainingError(msg)


def forget_run(folder: Path) -> None:
    """Remove what a run kept in ``folder``. Other files stay.

    Raises
    ------
    TrainingError
        If something cannot be removed.
    """
    try:
        for path in _of_a_run(folder):
            path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{folder}: what an earlier run kept cannot be removed ({reason(error)})."
        raise TrainingError(msg) from error


def _of_a_run(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if _is_of_a_run(path)]
    except OSError:  # not there, or not ours to look into: then no run of ours is there either
        return []


def _is_of_a_run(path: Path) -> bool:
    return _KEPT.fullmatch(path.name) is not None and not path.is_dir()
