"""What ``tszoo evaluate`` answers: tables, and a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.output import percent, print_facts, print_table
from tszoo.models.answers import names_of

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.evaluation.baselines import Baselines
    from tszoo.evaluation.by_member import MemberScore
    from tszoo.evaluation.metrics import Evaluation

MOST_CONFUSION_COLUMNS = 20
# So many errors and mistakes are printed and written.
MOST_ERRORS, MOST_MISTAKES = 5, 20
LEARNT = "The model has learnt these series: on others it will be less good"


@dataclass(frozen=True)
class Evaluated:
    """A model, as the user called it, how good it is on a data set, and where that is drawn.

    ``is_learnt`` says that it has learnt the very data set.
    """

    model: str
    dataset: Dataset
    evaluation: Evaluation
    baselines: Baselines
    members: tuple[MemberScore, ...] = ()
    train: Dataset | None = None
    is_learnt: bool = False
    drawn: Mapping[str, str] = field(default_factory=dict)


def document_of(model: str, done: Sequence[Evaluated]) -> dict[str, Any]:
    """Say what a JSON document says; of several data sets, a list of what it says of each."""
    documents = [_document(evaluated) for evaluated in done]
    if len(documents) == 1:
        return documents[0]
    return {"model": model, "evaluations": documents}


def _document(evaluated: Evaluated) -> dict[str, Any]:
    from tszoo.data.copied import count_known
    from tszoo.evaluation.mistakes import frequent_mistakes
    from tszoo.evaluation.reliability import reliability

    evaluation = evaluated.evaluation
    document = asdict(evaluation)
    del document["labels"], document["probabilities"]
    document["model"] = evaluated.model
    document["is_learnt"] = evaluated.is_learnt
    if evaluated.train is not None:
        document["n_known"] = count_known(evaluated.dataset, evaluated.train)
    document["classes"] = [str(label) for label in evaluation.classes]
    document["confusion"] = evaluation.confusion.tolist()
    for scores in document["per_class"]:
        scores["label"] = str(scores["label"])
    bins = reliability(evaluation.probabilities, evaluation.labels)
    document["reliability"] = [inside._asdict() for inside in bins]
    document["surest_errors"] = _errors(evaluated)
    document["frequent_mistakes"] = [
        {**mistake._asdict(), "label": str(mistake.label), "predicted": str(mistake.predicted)}
        for mistake in frequent_mistakes(evaluation, MOST_MISTAKES)
    ]
    document["baselines"] = _baselines(evaluated)
    if evaluated.members:
        document["by_member"] = [score._asdict() for score in evaluated.members]
    return {**document, **evaluated.drawn}


def _baselines(evaluated: Evaluated) -> dict[str, Any]:
    found = asdict(evaluated.baselines)
    found["majority"]["label"] = str(evaluated.baselines.majority.label)
    if evaluated.baselines.neighbour is not None:
        found["neighbour"]["window"] = evaluated.baselines.neighbour.window._asdict()
    return found


def _errors(evaluated: Evaluated) -> list[dict[str, Any]]:
    """Describe the surest errors: which series they are, and what they are taken for."""
    from tszoo.evaluation.mistakes import surest_errors

    names = names_of(evaluated.dataset)
    return [
        {
            "index": error.series,
            **names[error.series],
            "label": str(error.label),
            "predicted": str(error.predicted),
            "probability": float(f"{error.probability:.6g}"),
            "own_probability": float(f"{error.own:.6g}"),
        }
        for error in surest_errors(evaluated.evaluation, MOST_ERRORS)
    ]


def print_one(evaluated: Evaluated) -> None:
    """Print how good a model is on one data set, and where it is wrong."""
    evaluation = evaluated.evaluation
    print_facts(_facts(evaluated))
    columns = ("class", "precision", "recall", "F1", "series")
    rows = [
        (c.label, percent(c.precision), percent(c.recall), percent(c.f1), c.n_series)
        for c in evaluation.per_class
    ]
    print_table(columns, rows, right=columns[1:])
    if len(evaluation.classes) > MOST_CONFUSION_COLUMNS:
        _print_mistakes(evaluation)
    else:
        _print_confusion(evaluation)
    _print_errors(evaluated)
    if evaluated.members:
        _print_members(evaluated.members)


def _facts(evaluated: Evaluated) -> list[tuple[str, object]]:
    from tszoo.data.copied import count_known

    evaluation = evaluated.evaluation
    of = f" ({evaluation.split} split)" if evaluation.split else ""
    data = f"{evaluation.dataset}{of}, {evaluation.n_series} series"
    if evaluated.is_learnt:
        data += f". {LEARNT}"
    train = evaluated.train
    n_known = 0 if train is None else count_known(evaluated.dataset, train)
    if n_known:
        data += f". {n_known} of them are copies of training series"
    return [
        ("model", evaluated.model),
        ("data", data),
        ("accuracy", percent(evaluation.accuracy)),
        ("balanced accuracy", percent(evaluation.balanced_accuracy)),
        ("macro F1", percent(evaluation.macro_f1)),
        ("log loss", f"{evaluation.log_loss:.4f}"),
        ("calibration error", f"{evaluation.calibration_error:.4f}"),
        ("largest class", _majority(evaluated)),
        ("1-NN DTW", _neighbour(evaluated)),
    ]


def _majority(evaluated: Evaluated) -> str:
    """Say how good guessing the largest class is, and whose largest class it is."""
    majority = evaluated.baselines.majority
    of = "these series"
    if evaluated.train is not None:
        of = "the training series"
    return f"{percent(majority.accuracy)} ({majority.label}, of {of})"


def _neighbour(evaluated: Evaluated) -> str:
    """Say how good the nearest neighbour is, and of how many series, if not of all."""
    found, train = evaluated.baselines.neighbour, evaluated.train
    if train is None:
        return "– (needs training series: --train DATA)"
    if found is None:
        return "– (series too long, or no class has two to choose a window by)"
    told = f"{percent(found.accuracy)} (window {found.window.share:.0%} of the length"
    if found.n_train < train.n_series or found.n_test < evaluated.dataset.n_series:
        told += (
            f"; {found.n_test} of {evaluated.dataset.n_series} series by {found.n_train} of "
            f"{train.n_series}"
        )
    return f"{told})"


def _print_confusion(evaluation: Evaluation) -> None:
    labels = [str(label) for label in evaluation.classes]
    counts = zip(labels, evaluation.confusion.tolist(), strict=True)
    confusion = [(label, *row) for label, row in counts]
    print_table(("true \\ predicted", *labels), confusion, right=labels)


def _print_mistakes(evaluation: Evaluation) -> None:
    """Print the most frequent mistakes, where a confusion matrix is too wide."""
    from tszoo.evaluation.mistakes import frequent_mistakes

    mistakes = frequent_mistakes(evaluation, MOST_MISTAKES)
    n_classes = len(evaluation.classes)
    typer.echo(f"most frequent mistakes among {n_classes} classes (--plot draws them all):")
    rows = [(m.label, m.predicted, m.n_series, percent(m.share)) for m in mistakes]
    columns = ("class", "taken for", "series", "share of the class")
    print_table(columns, rows, right=columns[2:])


def _print_errors(evaluated: Evaluated) -> None:
    errors = _errors(evaluated)
    if not errors:
        return
    typer.echo("surest errors (series count from 0):")
    names = [name for name in errors[0] if name not in ("probability", "own_probability")]
    rows = [
        (*(error[name] for name in names), *map(percent, list(error.values())[-2:]))
        for error in errors
    ]
    columns = (*names, "probability", "of its class")
    print_table(columns, rows, right=("index", *columns[-2:]))


def _print_members(members: Sequence[MemberScore]) -> None:
    columns = ("member", "alone", "with those before")
    rows = [(score.member, percent(score.accuracy), percent(score.together)) for score in members]
    print_table(columns, rows, right=columns)


def print_all(model: str, done: Sequence[Evaluated]) -> None:
    """Print how good a model is on several data sets, a row for each."""
    print_facts([("model", model), ("data", f"{len(done)} data sets")])
    measures = ("accuracy", "balanced", "macro F1", "log loss")
    columns = ("data set", "split", "series", *measures, "largest class", "1-NN DTW")
    rows = [_row(evaluated) for evaluated in done]
    print_table(columns, [*rows, _means(done)], right=columns[2:])
    for evaluated in done:
        if evaluated.is_learnt:
            typer.echo(f"{evaluated.evaluation.dataset}: {LEARNT}.")
        if evaluated.members:
            typer.echo(f"members on {evaluated.evaluation.dataset}:")
            _print_members(evaluated.members)


def _means(done: Sequence[Evaluated]) -> tuple[object, ...]:
    """Return the row of the means, of what is known of every data set."""
    accuracy = fmean(evaluated.evaluation.accuracy for evaluated in done)
    majority = fmean(evaluated.baselines.majority.accuracy for evaluated in done)
    found = [evaluated.baselines.neighbour for evaluated in done]
    nearest = [neighbour.accuracy for neighbour in found if neighbour is not None]
    neighbour = fmean(nearest) if len(nearest) == len(done) else None
    return ("mean", "", "", percent(accuracy), "", "", "", percent(majority), percent(neighbour))


def _row(evaluated: Evaluated) -> tuple[object, ...]:
    evaluation, simplest = evaluated.evaluation, evaluated.baselines
    neighbour = simplest.neighbour
    return (
        evaluation.dataset,
        evaluation.split or "–",
        evaluation.n_series,
        percent(evaluation.accuracy),
        percent(evaluation.balanced_accuracy),
        percent(evaluation.macro_f1),
        f"{evaluation.log_loss:.4f}",
        percent(simplest.majority.accuracy),
        percent(None if neighbour is None else neighbour.accuracy),
    )
