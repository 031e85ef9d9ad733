"""The zoo that ships with tszoo: where it lies. Loads nothing, so that a shell may ask."""

from __future__ import annotations

from pathlib import Path

from tszoo.errors import ZooError
from tszoo.storage.layout import CATALOGUE


def embedded_zoo() -> Path:
    """Find the zoo that ships with tszoo.

    Inside an installed package, or beside the package in a clone.

    Raises
    ------
    ZooError
        If this installation has none.
    """
    package = Path(__file__).resolve().parent.parent
    for root in (package / "cards", package.parent / "cards"):
        if (root / CATALOGUE).is_file():
            return root
    msg = (
        "this installation of tszoo has no embedded zoo. Install it again, or name a zoo: "
        'zoo="FOLDER".'
    )
    raise ZooError(msg)
