"""``tszoo recommend``: what to start from."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.cache import probe_cache
from tszoo.cli.options import (
    Archive,
    Data,
    Device,
    Json,
    LabelColumn,
    Quiet,
    Split,
    Unequal,
    ZooOption,
    as_typed,
)
from tszoo.cli.output import counting, describe, percent, print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.errors import ZooError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.recommendation import Advice, Choice, Recommendation
    from tszoo.similarity import Comparison
    from tszoo.zoo.zoo import Zoo


def recommend(
    data: Data,
    *,
    top: Annotated[int, typer.Option(min=1, help="How many sources to show.")] = 5,
    method: Annotated[
        Literal["auto", "probe", "dtw"],
        typer.Option(
            help="dtw: nearest prototypes, at once (Algorithm 1 of the 2018 transfer paper). "
            "probe: of the nearest, "
            "those whose networks tell your classes apart. auto: probe, and weigh them "
            "against doing without."
        ),
    ] = "auto",
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0, help="Sakoe-Chiba radius in points. (default: none)", show_default=False
        ),
    ] = None,
    prototypes: Annotated[
        int, typer.Option(min=1, metavar="K", help="Prototypes a class of your data, at most.")
    ] = 1,
    normalized: Annotated[
        bool,
        typer.Option("--normalized", help="Divide distances by the length of the warping path."),
    ] = False,
    resample: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Compare prototypes at N points. (default: their own)",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw your prototypes over those of the first sources, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Leave out a model or data set; repeat for more.",
            show_default=False,
        ),
    ] = None,
    device: Device = "auto",
    zoo: ZooOption = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Rank the zoo's models as sources for your data, and say whether one would help at all.

    Examples: tszoo recommend my.csv   |   tszoo recommend ArrowHead --archive UCRArchive_2018
    --method dtw --top 3
    """
    from tszoo.data.load import load_dataset
    from tszoo.recommendation.advice import advise
    from tszoo.similarity.comparison import Comparison
    from tszoo.training.run import Run
    from tszoo.zoo.find import open_zoo

    if plot is not None:
        from tszoo.figures.figure import check_format

        check_format(plot)  # before the work
        check_file(plot, "--plot")
    started = time.perf_counter()
    target = load_dataset(
        data, split=split, label_column=label_column, unequal=unequal, archive=archive
    )
    catalogue = open_zoo(zoo)
    for name in _unmatched(exclude or (), catalogue):
        typer.echo(
            one_line(f"--exclude {name}: no model or data set of {catalogue.name} is called so"),
            err=True,
        )
    with counting("comparing", quiet=quiet or as_json) as progress:
        advice = advise(
            target,
            catalogue,
            top=top,
            method=method,
            comparison=Comparison(window, normalized, resample),
            per_class=prototypes,
            exclude=exclude or (),
            run=Run(device=device, cache=probe_cache(), progress=progress),
        )
    if plot is not None:
        make_room(plot, "--plot")
        _plot(target, advice, catalogue, plot, Comparison(window, normalized, resample))
    if as_json:
        seconds = round(time.perf_counter() - started, 3)
        print_json(_document(target, advice, method, catalogue.name, seconds))
        return
    typer.echo(one_line(describe(target)))
    same = as_typed(archive, zoo, split=split, label_column=label_column, unequal=unequal)
    # finetune follows the advice by itself, several sources at once, if it is asked what was asked
    # here
    as_asked = (
        method != "auto"
        or exclude
        or (window, prototypes, normalized, resample) != (None, 1, False, None)
    )
    _print(target, advice, f"tszoo finetune {shlex.quote(data)}{same}", same, plain=not as_asked)
    if plot is not None:
        typer.echo(f"wrote {plot}: your prototypes over those of the first sources")


def _plot(
    target: Dataset, advice: Advice, catalogue: Zoo, path: Path, comparison: Comparison
) -> None:
    from tszoo.figures.recommendation import MOST_PANELS, plot_recommendation

    shown = advice.sources[:MOST_PANELS]
    sources = [(one.dataset, catalogue.prototypes(one.model)) for one in shown]
    captions = [one.why or "" for one in shown]
    plot_recommendation(
        advice.prototypes,
        sources,
        path,
        target_name=target.name,
        comparison=comparison,
        captions=captions,
    )


def _unmatched(patterns: Sequence[str], catalogue: Zoo) -> list[str]:
    """Find the patterns that leave nothing out."""
    names = {
        name.casefold()
        for entry in catalogue.models
        for name in (entry.model, entry.dataset, *(part.dataset for part in entry.parts))
    }
    return [one for one in patterns if not any(fnmatchcase(name, one.casefold()) for name in names)]


def _document(
    target: Dataset, advice: Advice, method: str, zoo: str, seconds: float
) -> dict[str, Any]:
    about = {key: getattr(target, key) for key in ("name", "n_series", "n_classes", "length")}
    sources = [
        {key: value for key, value in asdict(one).items() if value is not None}
        for one in advice.sources
    ]
    best = _best(advice)
    return {
        "target": about,
        "method": method,
        "zoo": zoo,
        "seconds": seconds,
        "sources": sources,
        "choice": None if best is None else asdict(best),
        "choices": [asdict(choice) for choice in advice.choices],
    }


def _best(advice: Advice) -> Choice | None:
    """What to do, or None if the only sources are those that learnt the target."""
    try:
        return advice.best()
    except ZooError:
        return None


def _print(target: Dataset, advice: Advice, finetune: str, same: str, *, plain: bool) -> None:
    """Print the ranking, what to do and why, and the command that does it.

    ``finetune``, by itself if ``plain``.
    """
    import numpy as np

    ranking = advice.sources
    probed = any(one.score is not None for one in ranking)
    counts = np.bincount(target.require_labels())
    columns = [
        "rank",
        "source",
        "distance",
        "nearest classes",
        "series",
        "classes",
        "length",
        "accuracy",
    ]
    rows = [
        [
            one.rank,
            one.model + _known(one),
            f"{one.distance:.2f}",
            f"yours {one.target_class} ~ its {one.source_class}",
            one.n_series if one.n_series is not None else "–",
            one.n_classes,
            one.length,
            percent(one.accuracy),
        ]
        for one in ranking
    ]
    if probed:  # what it is ranked by comes first
        columns.insert(2, "left out")
        for row, one in zip(rows, ranking, strict=True):
            # where every class has but one series, none is ever right when it is left out
            row.insert(2, percent(one.score if counts.max() > 1 else None))
    print_table(
        columns,
        rows,
        right=("rank", "left out", "distance", "series", "classes", "length", "accuracy"),
    )
    if ranking[0].is_target and ranking[0].n_datasets == 1:
        command = f"tszoo predict {shlex.quote(ranking[0].model)} NEW_DATA{same}"
        typer.echo(f"{ranking[0].dataset} is itself in the zoo; to use its model: {command}")
    best = _best(advice)
    if best is None:
        return
    guessing = float(counts.max() / counts.sum())
    if best.measured and best.expected is not None and best.expected <= guessing:
        typer.echo(
            one_line(
                f"nothing tried is better than guessing ({guessing:.0%}): {_words(best)}: "
                f"{best.why}"
            )
        )
    else:
        typer.echo(one_line(f"start from {_words(best)}: {best.why}"))
    untrained = next(
        (one for one in advice.choices if (one.source, one.head) == (None, "ridge")), None
    )
    if (
        probed
        and untrained is not None
        and untrained is not best
        and untrained.expected is not None
    ):
        typer.echo(f"without a source: {untrained.why}")
    named = (
        " --source "
        f"{shlex.quote(best.source or 'none')}{'' if best.head == 'softmax' else ' --head ridge'}"
    )
    typer.echo(f"next: {finetune}{'' if plain else named} --out my-model")


def _words(choice: Choice) -> str:
    if choice.head == "ridge":
        return f"{choice.source or 'an untrained body'}, frozen, with a ridge head"
    return choice.source or "scratch"


def _known(one: Recommendation) -> str:
    if not one.is_target:
        return ""
    return " (this data set)" if one.n_datasets == 1 else " (has learnt this data set)"
