"""``tszoo evaluate``: how good a model is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from tszoo.cli.options import Data, Device, ModelName, Output, Reading, ZooOption
from tszoo.cli.output import counting, percent, print_facts, print_json, print_table
from tszoo.cli.reading import read_judged

if TYPE_CHECKING:
    from tszoo.evaluation.metrics import Evaluation

MOST_CONFUSION_COLUMNS = 20


def evaluate(
    model: ModelName,
    data: Data,
    *,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Judge a model on labelled data: accuracy, F1, log loss, calibration, confusion matrix.

    Of a folder with two splits, the test split is read.

    Example: tszoo evaluate my-model GunPoint --archive UCRArchive_2018
    """
    from tszoo.evaluation.metrics import evaluate as judge
    from tszoo.zoo.find import load_model

    fitted = load_model(model, zoo)
    dataset = read_judged(fitted, data, reading)
    with counting("series", quiet=output.is_silent) as progress:
        evaluation = judge(fitted, dataset, device=device, progress=progress)
    if output.as_json:
        print_json(_document(model, evaluation))
        return
    _print(model, evaluation)


def _document(model: str, evaluation: Evaluation) -> dict[str, Any]:
    document = asdict(evaluation)
    document["model"] = model
    document["classes"] = [str(label) for label in evaluation.classes]
    document["confusion"] = evaluation.confusion.tolist()
    for scores in document["per_class"]:
        scores["label"] = str(scores["label"])
    return document


def _print(model: str, evaluation: Evaluation) -> None:
    of = f" ({evaluation.split} split)" if evaluation.split else ""
    print_facts(
        [
            ("model", model),
            ("data", f"{evaluation.dataset}{of}, {evaluation.n_series} series"),
            ("accuracy", percent(evaluation.accuracy)),
            ("balanced accuracy", percent(evaluation.balanced_accuracy)),
            ("macro F1", percent(evaluation.macro_f1)),
            ("log loss", f"{evaluation.log_loss:.4f}"),
            ("calibration error", f"{evaluation.calibration_error:.4f}"),
        ]
    )
    columns = ("class", "precision", "recall", "F1", "series")
    rows = [
        (c.label, percent(c.precision), percent(c.recall), percent(c.f1), c.n_series)
        for c in evaluation.per_class
    ]
    print_table(columns, rows, right=columns[1:])
    labels = [str(label) for label in evaluation.classes]
    if len(labels) > MOST_CONFUSION_COLUMNS:
        typer.echo(f"confusion matrix: {len(labels)} classes are too wide to print; --json has it")
        return
    counts = zip(labels, evaluation.confusion.tolist(), strict=True)
    confusion = [(label, *row) for label, row in counts]
    print_table(("true \\ predicted", *labels), confusion, right=labels)
