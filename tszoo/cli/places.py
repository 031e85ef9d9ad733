"""Where commands write: they find out before the work what cannot be written."""

from __future__ import annotations

from pathlib import Path

from tszoo.errors import OptionError


def check_file(path: Path | None, option: str = "") -> None:
    """Raise OptionError if a file could not be written; ``make_room`` will make missing parents.

    Something that is there and is no regular file, such as a device, is not replaced by one.
    """
    from tszoo.models.save import try_to_make
    from tszoo.storage.files import reason

    if path is None:
        return
    try:
        is_taken = path.exists() and not path.is_file()
        try_to_make(path)
    except (OSError, ValueError) as error:
        raise _cannot(path, option, reason(error)) from error
    if is_taken:
        msg = f"{option} {path}: exists and is no file; choose another.".lstrip()
        raise OptionError(msg)


def check_picture(path: Path | None, option: str) -> None:
    """Raise OptionError, before the work, if a picture could not be drawn into a file."""
    if path is None:
        return
    from tszoo.figures.figure import check_format

    check_format(path)
    check_file(path, option)


def check_folder(path: Path | None, option: str) -> None:
    """Raise OptionError if files could not be written into a folder, which may not be there yet."""
    from tszoo.models.save import try_to_make
    from tszoo.storage.files import reason

    if path is None:
        return
    try:
        try_to_make(path / "file")
    except (OSError, ValueError) as error:
        raise _cannot(path, option, reason(error)) from error


def make_room(path: Path, option: str = "") -> None:
    """Make the folder that a file goes to; OptionError if that cannot be."""
    from tszoo.storage.files import reason

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(path, option, reason(error)) from error


def _cannot(path: Path, option: str, why: str) -> OptionError:
    return OptionError(f"{option} {path}: cannot be written ({why}).".lstrip())
