"""``tszoo recommend``: what to start from."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.cache import probe_cache
from tszoo.cli.comparing import Comparing
from tszoo.cli.estimates import say_estimate
from tszoo.cli.options import (
    Data,
    Device,
    Jobs,
    Output,
    Reading,
    ZooOption,
    as_typed,
)
from tszoo.cli.output import counting, describe, percent, print_json, print_table
from tszoo.cli.places import check_picture, make_room
from tszoo.cli.reading import read_train, say_copies
from tszoo.cli.simplest import as_document, as_line, left_out_of
from tszoo.errors import ZooError
from tszoo.text import as_word, counted, one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.recommendation import Advice, Choice, Recommendation
    from tszoo.zoo.entry import CatalogueEntry
    from tszoo.zoo.zoo import Zoo

LEGEND = (
    "(left out: each series is predicted by a head that was fitted to all the others. error: how "
    "far those predictions are from the truth, from 0, the best. random filters: a network that "
    "was never trained.)"
)


@dataclass(frozen=True)
class Ranking:
    """Which sources are ranked, and how."""

    top: Annotated[
        int,
        typer.Option(min=1, metavar="K", help="Show K sources. (default: 5)", show_default=False),
    ] = 5
    method: Annotated[
        Literal["auto", "probe", "dtw"],
        typer.Option(
            metavar="NAME",
            help="dtw takes the nearest prototypes, at once (the 2018 transfer paper). probe tries "
            "the networks of the nearest sources on your series. auto does so, too, and weighs "
            "them against doing without. (default: auto)",
            show_default=False,
        ),
    ] = "auto"
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Leave out a model or data set. Repeatable.",
            show_default=False,
        ),
    ] = None


@dataclass(frozen=True)
class Computing:
    """Where sources are tried, and how many of them at a time."""

    device: Device = "auto"
    jobs: Jobs = None


def recommend(
    data: Data,
    *,
    ranking: Ranking,
    comparing: Comparing,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw your prototypes over those of the nearest sources, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    computing: Computing,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Rank the zoo's models as sources for your data, and say whether one would help at all.

    Example: tszoo recommend my.csv
    Example: tszoo recommend ArrowHead --archive UCRArchive_2018 --method dtw --top 3
    """
    from tszoo.recommendation.advice import advise
    from tszoo.training.run import Run
    from tszoo.zoo.find import open_zoo

    check_picture(plot, "--plot")
    started = time.perf_counter()
    target = read_train(data, reading)
    catalogue = open_zoo(zoo)
    _say_unmatched(ranking, catalogue)
    exclude = ranking.exclude or ()
    run = Run(device=computing.device, cache=probe_cache(), jobs=computing.jobs)
    say_estimate(target, catalogue, ranking.method, exclude, run=run, quiet=output.is_silent)
    with counting("comparing", quiet=output.is_silent) as progress:
        advice = advise(
            target,
            catalogue,
            top=ranking.top,
            method=ranking.method,
            comparison=comparing.comparison(),
            per_class=comparing.prototypes,
            exclude=exclude,
            run=replace(run, progress=progress),
        )
    simplest = None
    if ranking.method != "dtw":  # which answers at once
        simplest = left_out_of(target, quiet=output.is_silent)
    is_drawn = False
    if plot is not None:
        make_room(plot, "--plot")
        is_drawn = _plot(target, advice, catalogue, plot, ranking, comparing)
    if output.as_json:
        asked = {
            "method": ranking.method,
            "zoo": catalogue.name,
            "seconds": round(time.perf_counter() - started, 3),
        }
        told = {"baselines": None if simplest is None else as_document(simplest)}
        print_json(_target(target) | asked | _advice(advice) | told)
        return
    typer.echo(one_line(describe(target)))
    say_copies(target)
    options = as_typed(reading, zoo)
    _print_ranking(target, advice)
    own = _own_model(target, catalogue, exclude)
    if own is not None:
        command = f"tszoo predict {shlex.quote(own.model)} NEW_DATA{options}"
        typer.echo(f"{own.dataset} is itself in the zoo; to use its model: {command}")
    if simplest is not None:
        typer.echo(one_line(as_line(simplest, target)))
    _print_notes(advice)
    best = _best(advice)
    if best is not None:
        _print_choice(target, advice, best)
        source = _source_option(best, ranking, comparing)
        typer.echo(f"next: tszoo finetune {as_word(data)}{options}{source} --out my-model")
    if is_drawn:
        typer.echo(f"wrote {plot}: your prototypes over those of the nearest sources")


def _print_notes(advice: Advice) -> None:
    """Print what else is worth knowing of the data."""
    if advice.reduced:
        typer.echo(f"looked at: {advice.reduced}")
    if advice.level is not None:
        typer.echo(f"{advice.level.why} tszoo finetune reads them, too.")


def _say_unmatched(ranking: Ranking, catalogue: Zoo) -> None:
    from tszoo.recommendation.eligible import unmatched

    for name in unmatched(ranking.exclude or (), catalogue):
        text = f"--exclude {name}: no model or data set of {catalogue.name} is called so"
        typer.echo(one_line(text), err=True)


def _source_option(best: Choice, ranking: Ranking, comparing: Comparing) -> str:
    """Spell the options with which ``tszoo finetune`` does what was advised.

    Where the advice was asked for as ``tszoo finetune`` itself asks, it needs none (``auto``), or
    ``--source nearest`` (``dtw``).
    """
    if comparing == Comparing() and not ranking.exclude:
        if ranking.method == "auto":
            return ""
        if ranking.method == "dtw" and best.source is not None:
            return " --source nearest"
    option = f" --source {shlex.quote(best.source or 'none')}"
    if best.head != "softmax":
        option += f" --head {best.head}"
    return option


def _plot(
    target: Dataset,
    advice: Advice,
    catalogue: Zoo,
    path: Path,
    ranking: Ranking,
    comparing: Comparing,
) -> bool:
    """Draw the first sources that have prototypes, and the nearest ones where those are few.

    Returns whether there are any.
    """
    from tszoo.figures.recommendation import MOST_PANELS, plot_recommendation
    from tszoo.recommendation.advice import rank_nearest
    from tszoo.recommendation.sets import prototypes_of

    comparison = comparing.comparison()
    panels = _panels(advice.sources, catalogue)
    if len(panels) < MOST_PANELS and ranking.method != "dtw":
        nearest = rank_nearest(
            target,
            advice.prototypes,
            catalogue,
            top=MOST_PANELS,
            comparison=comparison,
            exclude=ranking.exclude or (),
        )
        panels = _panels((*advice.sources, *nearest), catalogue)
    names = list(panels)[:MOST_PANELS]
    if not names:
        typer.echo("no picture: none of the sources has prototypes", err=True)
        return False
    plot_recommendation(
        advice.prototypes,
        [(name, prototypes_of(panels[name], catalogue)) for name in names],
        path,
        target_name=target.name,
        comparison=comparison,
        captions=[panels[name].why or "" for name in names],
    )
    return True


def _panels(sources: Sequence[Recommendation], catalogue: Zoo) -> dict[str, Recommendation]:
    """Find the sources with prototypes; models that are near by the same data set share a panel."""
    from tszoo.recommendation.sets import nearest_set

    by_set: dict[str, Recommendation] = {}
    for source in sources:
        if source.distance is not None:
            by_set.setdefault(nearest_set(source, catalogue.entry(source.model)), source)
    return by_set


def _target(target: Dataset) -> dict[str, Any]:
    return {
        "target": {
            "name": target.name,
            "n_series": target.n_series,
            "n_classes": target.n_classes,
            "length": target.length,
        }
    }


def _advice(advice: Advice) -> dict[str, Any]:
    sources = []
    for source in advice.sources:
        fields = asdict(source)
        sources.append({key: value for key, value in fields.items() if value not in (None, ())})
    best = _best(advice)
    return {
        "sources": sources,
        "choice": None if best is None else asdict(best),
        "choices": [asdict(choice) for choice in advice.choices],
        "reduced": advice.reduced,
        "level": None if advice.level is None else asdict(advice.level),
    }


def _best(advice: Advice) -> Choice | None:
    """Say what to do, or None if the only sources are those that learnt the target."""
    try:
        return advice.best()
    except ZooError:
        return None


def _own_model(target: Dataset, catalogue: Zoo, exclude: Sequence[str]) -> CatalogueEntry | None:
    """Find the most accurate model of the target itself; it need not be among the first sources."""
    from tszoo.recommendation.eligible import eligible, has_learnt

    entries = eligible(target, catalogue, exclude, required=False).values()
    own = [entry for entry in entries if not entry.parts and has_learnt(target, entry)]
    return max(own, key=lambda entry: entry.accuracy or 0.0, default=None)


def _print_ranking(target: Dataset, advice: Advice) -> None:
    from tszoo.readout.few import can_be_left_out

    sources = advice.sources
    columns: dict[str, list[object]] = {
        "rank": [source.rank for source in sources],
        "source": [source.model + _remark(source) for source in sources],
        "left out": [percent(source.score) for source in sources],
        "elsewhere": [_gain(source.elsewhere) for source in sources],
        "distance": [_distance(source) for source in sources],
        "nearest classes": [_nearest_classes(source) for source in sources],
        "series": [source.n_series or "–" for source in sources],
        "classes": [source.n_classes or "–" for source in sources],
        "length": [source.length for source in sources],
        "accuracy": [percent(source.accuracy) for source in sources],
    }
    if not can_be_left_out(target.require_labels(), target.group_codes):
        columns["left out"] = ["–"] * len(sources)
    if not _is_probed(advice):
        del columns["left out"]
    if all(source.elsewhere is None for source in sources):
        del columns["elsewhere"]
    if sources[0].models:
        columns = _by_data_set(columns, sources)
    left = ("source", "data set", "nearest classes", "learnt by")
    right = [name for name in columns if name not in left]
    print_table(list(columns), list(zip(*columns.values(), strict=True)), right=right)


def _distance(source: Recommendation) -> str:
    if source.distance is None:
        return "–"
    return f"{source.distance:.2f}"


def _nearest_classes(source: Recommendation) -> str:
    if source.is_universal:
        return f"universal: {counted(source.n_datasets, 'data set')}"
    if source.distance is None:
        return "–"
    return f"yours {source.target_class} ~ its {source.source_class}"


def _gain(share: float | None) -> str:
    """Spell how far the error of a source was below the mean source's on other data."""
    if share is None:
        return "–"
    return f"{share:+.0%}"


def _by_data_set(
    columns: dict[str, list[object]], sources: Sequence[Recommendation]
) -> dict[str, list[object]]:
    """Name the data sets that are ranked in the place of models, and their models at the end."""
    names: list[object] = []
    for source in sources:
        remark = _remark(source)
        if source.is_target and source.n_datasets > 1:
            remark = " (by models that have learnt yours)"
        names.append(source.dataset + remark)
    others = {name: column for name, column in columns.items() if name not in ("rank", "source")}
    models: list[object] = [", ".join(source.models) for source in sources]
    return {"rank": columns["rank"], "data set": names, **others, "learnt by": models}


def _is_probed(advice: Advice) -> bool:
    return any(source.score is not None for source in advice.sources)


def _print_choice(target: Dataset, advice: Advice, best: Choice) -> None:
    """Print what to start from and why, and what doing without a source would reach."""
    import numpy as np

    from tszoo.recommendation.passed_over import why_passed_over

    counts = np.bincount(target.require_labels())
    guessing = float(counts.max() / counts.sum())
    text = f"start from {_words(best)}: {best.why}"
    if best.measured and best.expected is not None and best.expected <= guessing:
        text = f"{_nothing(advice)} ({guessing:.0%}): {_words(best)}: {best.why}"
    typer.echo(one_line(text))
    if not _is_probed(advice):
        return
    passed_over = why_passed_over(advice, best)
    if passed_over:
        typer.echo(passed_over)
    _print_without(advice, best)
    typer.echo(LEGEND)


def _print_without(advice: Advice, best: Choice) -> None:
    """Print what doing without a source would reach, unless that is what is advised."""
    for choice in advice.choices:
        if choice.source is None and choice.head == "ridge":
            if choice is not best and choice.expected is not None:
                typer.echo(f"without a source: {choice.why}")
            return


def _nothing(advice: Advice) -> str:
    """Say that nothing helps, or nothing but levels."""
    if advice.level is None:
        return "nothing tried is better than guessing"
    return "by shape alone, nothing tried is better than guessing"


def _words(choice: Choice) -> str:
    if choice.head == "ridge":
        return f"{choice.source or 'an untrained body'}, frozen, with a ridge head"
    return choice.source or "scratch"


def _remark(source: Recommendation) -> str:
    if not source.is_target:
        return ""
    return " (this data set)" if source.n_datasets == 1 else " (has learnt this data set)"
