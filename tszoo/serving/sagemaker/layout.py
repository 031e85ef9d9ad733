"""Where SageMaker puts what a container reads, and looks for what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tszoo.errors import ModelError, OptionError
from tszoo.storage.files import reason
from tszoo.storage.strict_json import parse_json
from tszoo.text import printable

ROOT = Path("/opt/ml")
# SageMaker shows that many characters of the reason of a failure.
MOST_REASON = 1024


@dataclass(frozen=True)
class Layout:
    """The folders of a container.

    Attributes
    ----------
    root : Path
        ``/opt/ml``.
    """

    root: Path = ROOT

    @property
    def model(self) -> Path:
        """Where a training run leaves its model, and a server finds it."""
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        """What SageMaker keeps of an interrupted run, where it was asked to."""
        return self.root / "checkpoints"

    @property
    def channels(self) -> Path:
        """The folder of the channels."""
        return self.root / "input" / "data"

    @property
    def failure(self) -> Path:
        """The file that SageMaker reads the reason of a failure from."""
        return self.root / "output" / "failure"

    def channel(self, name: str) -> Path:
        """Return the folder of a channel."""
        return self.channels / name

    def config(self, name: str) -> dict[str, Any]:
        """Read a JSON object of ``input/config``; without the file, it is empty.

        Raises
        ------
        OptionError
            If it is no JSON object.
        """
        path = self.root / "input" / "config" / name
        try:
            values = parse_json(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ModelError) as error:
            msg = f"{name}: {reason(error)}"
            raise OptionError(msg) from error
        if not isinstance(values, dict):
            msg = f"{name}: expected a JSON object of names and values."
            raise OptionError(msg)
        return values

    def write_failure(self, why: str) -> None:
        """Say why a run failed, where SageMaker shows it."""
        self.failure.parent.mkdir(parents=True, exist_ok=True)
        self.failure.write_text(printable(why, MOST_REASON), "utf-8")
