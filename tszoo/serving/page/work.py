"""One visitor's work: a folder with an uploaded file, how it is read, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tszoo.storage.files import write_file

# what an upload is for
DATA, TEST, NEW = "data", "test", "new"


@dataclass(frozen=True)
class Upload:
    """A file that somebody sent.

    Attributes
    ----------
    name : str
        What it was called there. It is shown, and never used as a path.
    suffix : str
        One of those that are read here, perhaps with ``.gz`` behind.
    """

    name: str
    suffix: str

    @property
    def title(self) -> str:
        """The name without its suffix, for the data set."""
        return self.name.removesuffix(self.suffix) or self.name


@dataclass(frozen=True)
class Asked:
    """How the file is to be read, as the form has it; an empty text leaves it to the reader.

    Attributes
    ----------
    header : str
        ``"yes"``, ``"no"`` or ``""``.
    label, id : str
        A column number from 1; for labels ``"last"`` and ``"none"``, too.
    hold : bool
        Whether a fifth of the series is held back, to judge the model by.
    """

    header: str = ""
    label: str = ""
    id: str = ""
    hold: bool = True


@dataclass(frozen=True)
class Work:
    """A folder, and what lies where in it."""

    folder: Path

    @property
    def key(self) -> str:
        """What the work is called in addresses."""
        return self.folder.name

    @property
    def model(self) -> Path:
        """The folder of the model, when there is one."""
        return self.folder / "model"

    @property
    def training(self) -> Path:
        """The folder that a training run is kept in."""
        return self.folder / "model.training"

    @property
    def log(self) -> Path:
        """The log of that run."""
        return self.folder / "run.jsonl"

    def file(self, name: str) -> Path:
        """Name a file of the work; ``name`` never comes from outside."""
        return self.folder / name

    def upload(self, purpose: str) -> Upload | None:
        """Return what was uploaded for a purpose; None if nothing was."""
        values = self.read(f"{purpose}.upload")
        return None if values is None else Upload(**values)

    def path_of(self, purpose: str) -> Path:
        """Name the file that was uploaded for a purpose."""
        upload = self.upload(purpose)
        return self.folder / f"{purpose}{upload.suffix if upload else ''}"

    @property
    def asked(self) -> Asked:
        """How the file is to be read."""
        return Asked(**(self.read("asked") or {}))

    def ask(self, asked: Asked) -> None:
        """Keep how the file is to be read, and forget what came of another reading."""
        self.write("asked", asdict(asked))
        self.forget()

    def forget(self) -> None:
        """Remove what came of an earlier reading: advice, model and answers."""
        import shutil

        for folder in (self.model, self.training):
            shutil.rmtree(folder, ignore_errors=True)
        for path in self.folder.iterdir():
            if not path.name.startswith((DATA, "asked")) and path.is_file():
                path.unlink(missing_ok=True)

    def read(self, name: str) -> Any:
        """Return what was written under a name; None if nothing was."""
        try:
            return json.loads((self.folder / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return None

    def write(self, name: str, values: Any) -> None:
        """Write JSON values under a name, in one step."""
        write_file(self.folder / f"{name}.json", json.dumps(values).encode())
