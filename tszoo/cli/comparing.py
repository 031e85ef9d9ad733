"""How data sets are compared by their prototypes, as ``tszoo recommend`` and ``similarity`` ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tszoo.cli.options import WarpingWindow

if TYPE_CHECKING:
    from tszoo.similarity import Comparison


@dataclass(frozen=True)
class Comparing:
    """How prototypes are compared."""

    warping_window: WarpingWindow = None
    prototypes: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="K",
            help="Compute up to K prototypes for each class of DATA. (default: 1)",
            show_default=False,
        ),
    ] = 1
    normalized: Annotated[
        bool,
        typer.Option("--normalized", help="Divide distances by the length of the warping path."),
    ] = False
    resample: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Compare prototypes at N points. (default: their own)",
            show_default=False,
        ),
    ] = None

    def comparison(self) -> Comparison:
        """Say it to the library."""
        from tszoo.similarity.comparison import Comparison

        return Comparison(self.warping_window, self.normalized, self.resample)
