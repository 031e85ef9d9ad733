"""How long trying sources will take, said before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from tszoo.text import duration

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.training.run import Run
    from tszoo.zoo.find import ZooLike

# From so many seconds on, it is said how long it will take.
WORTH_SAYING = 10.0


def say_estimate(
    target: Dataset,
    zoo: ZooLike,
    method: str = "auto",
    exclude: Sequence[str] = (),
    *,
    run: Run,
    quiet: bool,
) -> None:
    """Say how long it takes to try the sources of a zoo, if that is long enough to wonder."""
    if quiet:
        return
    from tszoo.recommendation.estimate import estimate_seconds
    from tszoo.zoo.find import open_zoo

    seconds = estimate_seconds(target, open_zoo(zoo), method=method, exclude=exclude, run=run)
    if seconds >= WORTH_SAYING:
        typer.echo(f"trying the sources takes about {duration(seconds)}", err=True)
