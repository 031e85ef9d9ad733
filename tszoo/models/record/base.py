"""The model that a model did start from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tszoo.storage import checks


@dataclass(frozen=True)
class Base:
    """The model that a model did start from.

    Attributes
    ----------
    model : str
        Its name in a zoo, or its address on the Hub, ``hf://ORG/NAME``.
    revision : str or None
        Which of its versions, where it has versions: a commit of the Hub.
    """

    model: str
    revision: str | None = None

    def __post_init__(self) -> None:
        checks.name(self.model, "base.model", most=1000)
        if self.revision is not None:
            checks.name(self.revision, "base.revision")

    @classmethod
    def from_dict(cls, values: Any) -> Base:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "base")
        return cls(**values)
