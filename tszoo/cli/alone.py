"""One command at a time trains into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tszoo.errors import TrainingError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other commands from keeping their run in ``folder`` at the same time.

    Two of them would write the same files, and one would find the other's model when it is done. A
    file ``.NAME.lock`` lies beside the folder for that long, and folders that are made for it go
    with it if nothing is in them.

    Raises
    ------
    TrainingError
        If another command is at it, or the file cannot be written.
    """
    from tszoo.storage.files import reason
    from tszoo.storage.lock import held_lock

    lock = folder.with_name(f".{folder.name}.lock")
    with ExitStack() as stack:
        stack.callback(_remove_empty, [place for place in folder.parents if not place.exists()])
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held_lock(lock, timeout=0))
        except TimeoutError as error:
            msg = (
                f"{folder}: another command keeps its run there at this moment. Wait for it, or "
                "choose another folder."
            )
            raise TrainingError(msg) from error
        except OSError as error:
            msg = f"{folder.parent}: cannot be written ({reason(error)})."
            raise TrainingError(msg) from error
        yield


def _remove_empty(places: list[Path]) -> None:
    for place in places:
        with suppress(OSError):  # it holds what was made, or never came to be
            place.rmdir()
