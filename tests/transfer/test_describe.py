"""What a config says of how its model was fitted."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError
from typing import Any

import tszoo
from tszoo.training.run import Run
from tszoo.transfer.describe import training_record


def test_the_version_needs_no_installation(monkeypatch: Any) -> None:
    """The package also runs from a plain folder, of which the system knows no distribution."""

    def missing(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(Distribution, "from_name", missing)
    assert training_record(Run(device="cpu")).versions["tszoo"] == tszoo.__version__
