"""``tszoo recommend``: which source to start from."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.options import Archive, Data, Json, LabelColumn, Quiet, Split, Unequal, Zoo
from tszoo.cli.output import counting, describe, percent, print_json, print_table
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.recommendation import Recommendation
    from tszoo.zoo.catalogue import Catalogue


def recommend(
    data: Data,
    *,
    top: Annotated[int, typer.Option(min=1, help="How many sources to show.")] = 5,
    method: Annotated[Literal["dtw"], typer.Option(help="dtw: the 2018 transfer paper's Algorithm 1.")] = "dtw",
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Sakoe-Chiba radius in points. (default: none)", show_default=False),
    ] = None,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="Draw your prototypes over the first source's, as .png or .svg.", show_default=False
        ),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME", help="Leave out a model or data set; repeat for more.", show_default=False),
    ] = None,
    zoo: Zoo = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Rank the zoo's models as sources for your data.

    Examples: tszoo recommend my.csv   |   tszoo recommend ArrowHead --archive UCRArchive_2018 --top 3
    """
    from tszoo.data.load import load_dataset
    from tszoo.recommendation.choose import recommend as rank
    from tszoo.zoo.local import open_zoo

    started = time.perf_counter()
    target = load_dataset(data, split=split, label_column=label_column, unequal=unequal, archive=archive)
    catalogue = open_zoo(zoo)
    with counting("prototypes of your data", quiet=quiet or as_json) as progress:
        ranking = rank(
            target,
            catalogue,
            top=top,
            method=method,
            window=window,
            exclude=exclude or (),
            progress=progress,
            n_jobs=-1,
        )
    if plot is not None:
        _plot(target, ranking[0], catalogue, plot, window)
    if as_json:
        seconds = round(time.perf_counter() - started, 3)
        print_json(_document(target, ranking, method, str(catalogue.root), seconds))
        return
    typer.echo(one_line(describe(target)))
    _print(ranking, data, archive)
    if plot is not None:
        typer.echo(f"wrote {plot}: your prototypes over those of {ranking[0].dataset}")


def _plot(target: Dataset, best: Recommendation, catalogue: Catalogue, path: Path, window: int | None) -> None:
    from tszoo.report.prototypes import plot_prototypes
    from tszoo.similarity.prototypes import compute_prototypes

    own = compute_prototypes(target, window, n_jobs=-1)
    plot_prototypes(own, catalogue.prototypes(best.model), path, target_name=target.name, source_name=best.dataset)


def _document(target: Dataset, ranking: list[Recommendation], method: str, zoo: str, seconds: float) -> dict[str, Any]:
    about = {key: getattr(target, key) for key in ("name", "n_series", "n_classes", "length")}
    sources = [{key: value for key, value in asdict(one).items() if value is not None} for one in ranking]
    return {"target": about, "method": method, "zoo": zoo, "seconds": seconds, "sources": sources}


def _print(ranking: list[Recommendation], data: str, archive: Path | None) -> None:
    columns = ("rank", "source", "distance", "nearest classes", "series", "classes", "length", "accuracy")
    rows = [
        (
            one.rank,
            one.model + _known(one),
            f"{one.distance:.2f}",
            f"yours {one.target_class} ~ its {one.source_class}",
            one.n_series if one.n_series is not None else "–",
            one.n_classes,
            one.length,
            percent(one.accuracy),
        )
        for one in ranking
    ]
    print_table(columns, rows, right=("rank", "distance", "series", "classes", "length", "accuracy"))
    if ranking[0].is_target and ranking[0].n_datasets == 1:
        typer.echo(
            f"{ranking[0].dataset} is itself in the zoo; to use its model: tszoo predict {ranking[0].model} DATA"
        )
    best = next((one for one in ranking if not one.is_target), None)
    if best is not None:
        from_archive = "" if archive is None or os.environ.get("TSZOO_ARCHIVE") else f" --archive {archive}"
        typer.echo(f"next: tszoo finetune {data}{from_archive} --source {best.model} --out my-model")


def _known(one: Recommendation) -> str:
    if not one.is_target:
        return ""
    return " (this data set)" if one.n_datasets == 1 else " (has learnt this data set)"
