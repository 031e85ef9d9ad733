"""Write a model's folder again with what was found out of it, and the very same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.models.digests import digests
from tszoo.models.load import load_config, load_prototypes, read_card
from tszoo.models.save import check_target, write_model_files
from tszoo.storage.files import read_checked
from tszoo.storage.layout import CARD, CONFIG, LOCAL_FILES, PICTURE, PROTOTYPES, WEIGHTS

if TYPE_CHECKING:
    from tszoo.models.record import Calibration


def write_calibration(
    folder: Path, calibration: Calibration | None, out: Path, *, overwrite: bool
) -> None:
    """Copy a model's folder, in one step, with a calibration in its config and on its card.

    Weights stay as they are stored. A card that a person has edited stays as it is.

    Parameters
    ----------
    folder : Path
        The model.
    calibration : Calibration or None
    out : Path
        The folder to make, or ``folder`` itself.
    overwrite : bool
        Whether a model folder that is there may be replaced.

    Raises
    ------
    ModelError
        If the folder is no model, or ``out`` is taken or cannot be written.
    """
    from tszoo.models.card.page import card
    from tszoo.models.card.seal import is_as_written

    check_target(out.absolute(), overwrite)
    config = replace(load_config(folder), calibration=calibration)
    files = {name: read_checked(folder, name) for name in (WEIGHTS, PROTOTYPES)}
    has_picture = (folder / PICTURE).exists()
    if has_picture:
        files[PICTURE] = read_checked(folder, PICTURE)
    for name in LOCAL_FILES:
        if (folder / name).exists():
            files[name] = read_checked(folder, name)
    text = ""
    if (folder / CARD).exists():
        text = read_card(folder)
    if not text or is_as_written(text):
        text = card(config, load_prototypes(folder), out.name, picture=has_picture)
    files[CARD] = text.encode("utf-8")
    files[CONFIG] = config.to_json(digests(files))
    write_model_files(out.absolute(), files, overwrite=overwrite)
