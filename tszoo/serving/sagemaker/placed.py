"""Put a model where SageMaker fetches it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tszoo.errors import ModelError
from tszoo.models.model import Model
from tszoo.storage.files import reason
from tszoo.storage.layout import CONFIG


def place_model(model: Model, folder: Path) -> None:
    """Put a model's files into a folder that is there already, the config last.

    SageMaker makes that folder, and it cannot be replaced: something may be mounted there.

    Raises
    ------
    ModelError
        If they cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="tszoo-") as place:
        made = Path(place) / "model"
        model.save(made)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(made.iterdir(), key=lambda path: path.name == CONFIG):
                shutil.copyfile(path, folder / path.name)
        except OSError as error:
            msg = f"{folder}: the model cannot be written ({reason(error)})."
            raise ModelError(msg) from error
