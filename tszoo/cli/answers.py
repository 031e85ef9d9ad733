"""What people ask ``tszoo predict`` to say of each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Optional

import typer

from tszoo.cli.options import WHAT

if TYPE_CHECKING:
    from tszoo.models.answers import Asked


@dataclass(frozen=True)
class Wanted:
    """What is to be said of each series."""

    panel: ClassVar[str] = WHAT

    proba: Annotated[
        bool, typer.Option("--proba", help="Add a column of probabilities for each class.")
    ] = False
    coverage: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            metavar="SHARE",
            help="Add a set of classes that holds the right one for this share of series.",
            show_default=False,
        ),
    ] = None
    reject: Annotated[
        bool,
        typer.Option(
            "--reject",
            help="Give no label where the set is empty or, without --coverage, no class has a "
            "probability of 0.5.",
        ),
    ] = False

    def asked(self) -> Asked:
        """Say it as the library is asked."""
        from tszoo.models.answers import Asked

        return Asked(self.proba, self.coverage, self.reject)
