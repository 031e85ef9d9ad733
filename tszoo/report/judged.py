"""What a report says of labelled series: accuracy, confusion, reliability, and the worst errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tszoo.data.dataset import Dataset
from tszoo.errors import DataError
from tszoo.evaluation.metrics import Evaluation, score
from tszoo.evaluation.mistakes import frequent_mistakes, surest_errors
from tszoo.explanation.explain import explain
from tszoo.explanation.stretch import telling_stretch
from tszoo.figures.explanation import plot_explanation
from tszoo.figures.reliability import plot_reliability
from tszoo.models.model import Model, Progress
from tszoo.report.facts import Facts, with_interval
from tszoo.report.pictures import inline_svg

MOST_ERRORS, MOST_CLASSES, MOST_MISTAKES = 5, 20, 20


@dataclass(frozen=True)
class Judged:
    """What labelled series say of a model; pictures are SVG elements.

    Attributes
    ----------
    facts : list of (str, str)
    classes : tuple of str
        Of ``confusion``; none where there are too many for a table.
    confusion : list of list of int
        Rows are true classes, columns predicted ones.
    mistakes : list of (str, str, int)
        True class, predicted class, series; the most frequent first.
    reliability : str
    errors : list of list of str
        Number, class, answer, probability, and the points that speak most for the answer.
    explained : str
        The same series, drawn; nothing where no answer is wrong.
    """

    facts: Facts
    classes: tuple[str, ...]
    confusion: list[list[int]]
    mistakes: list[tuple[str, str, int]]
    reliability: str
    errors: list[list[str]]
    explained: str


def judge(model: Model, dataset: Dataset, device: str, progress: Progress | None) -> Judged:
    """Judge a model on labelled series, and explain the answers that are wrong but sure."""
    aligned = dataset.with_classes(model.config.classes)
    if aligned.labels is None:
        msg = f"{dataset.name}: has no labels to judge the model by. Leave it out, or name labels."
        raise DataError(msg)
    probabilities = model.predict_proba(aligned, device=device, progress=progress)
    evaluation = score(
        aligned.labels, probabilities, model.config.classes, model.config.name, dataset
    )
    names = model.config.class_names
    wrong = [error.series for error in surest_errors(evaluation, MOST_ERRORS)]
    errors, explained = _explained(model, aligned, wrong, device)
    few = len(names) <= MOST_CLASSES
    return Judged(
        facts=_facts(evaluation),
        classes=names if few else (),
        confusion=evaluation.confusion.tolist() if few else [],
        mistakes=_mistakes(evaluation),
        reliability=inline_svg(lambda path: plot_reliability(evaluation, path), "reliability"),
        errors=errors,
        explained=explained,
    )


def _facts(evaluation: Evaluation) -> Facts:
    right = int(np.trace(evaluation.confusion))
    return [
        ("Accuracy", with_interval(right, evaluation.n_series)),
        ("Balanced accuracy", f"{evaluation.balanced_accuracy:.3f}"),
        ("Macro F1", f"{evaluation.macro_f1:.3f}"),
        ("Log loss", f"{evaluation.log_loss:.3f}"),
        ("Calibration error", f"{evaluation.calibration_error:.3f}"),
    ]


def _mistakes(evaluation: Evaluation) -> list[tuple[str, str, int]]:
    return [
        (str(mistake.label), str(mistake.predicted), mistake.n_series)
        for mistake in frequent_mistakes(evaluation, MOST_MISTAKES)
    ]


def _explained(
    model: Model, dataset: Dataset, wrong: list[int], device: str
) -> tuple[list[list[str]], str]:
    """List the wrong answers, and draw what spoke for them."""
    if not wrong:
        return [], ""
    some = dataset.take(np.array(wrong))
    names, labels = model.config.class_names, some.require_labels()
    explanation = explain(model, some, device=device)
    rows = []
    for k, number in enumerate(wrong):
        first, last = telling_stretch(explanation.relevance[k])
        answer = explanation.explained[k]
        probability = f"{explanation.probabilities[k, answer]:.3f}"
        stretch = f"points {first} to {last}"
        rows.append([str(number), names[labels[k]], names[answer], probability, stretch])
    picture = inline_svg(
        lambda path: plot_explanation(explanation, model, some, path, index=wrong),
        "errors",
    )
    return rows, picture
