"""``tszoo predict`` and ``tszoo evaluate``: using models."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TextIO

import typer

from tszoo.cli.options import (
    Archive,
    Data,
    Device,
    Json,
    LabelColumn,
    ModelName,
    Quiet,
    Split,
    Unequal,
    ZooOption,
)
from tszoo.cli.output import counting, percent, print_facts, print_json, print_table
from tszoo.cli.places import check_file, make_room
from tszoo.text import one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tszoo.data import Dataset
    from tszoo.evaluation.metrics import Evaluation
    from tszoo.models.model import Model

MOST_CONFUSION_COLUMNS = 20


def predict(
    model: ModelName,
    data: Data,
    *,
    proba: Annotated[
        bool, typer.Option("--proba", help="Add one column of probabilities a class.")
    ] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="The CSV to write. (default: stdout)", show_default=False
        ),
    ] = None,
    zoo: ZooOption = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Predict labels, as CSV; text files of any size pass through in bounded memory.

    With --json, one document holds them instead, or with --out, says what the CSV holds.

    Examples: tszoo predict my-model new.csv --proba   |   tszoo predict my-model new.csv
    --label-column none
    """
    from tszoo.data.stream import stream_dataset
    from tszoo.zoo.find import load_model

    check_file(out, "--out")  # before the work
    fitted = load_model(model, zoo)
    chunks = stream_dataset(
        data,
        split=split,
        label_column=label_column,
        unequal=_as_trained(fitted, unequal),
        archive=archive,
    )
    labels = [str(label) for label in fitted.config.classes]
    document: dict[str, Any] = {"model": model, "classes": labels}
    with counting("series", quiet=quiet or as_json or out is None) as progress:
        blocks = _predicted(fitted, chunks, device, progress)
        if as_json and out is None:
            predictions = [_prediction(i, row, labels, proba=proba) for i, row in _numbered(blocks)]
            document |= {"n_series": len(predictions), "predictions": predictions}
        else:
            with _destination(out) as file:
                document |= {"n_series": _write_csv(file, blocks, labels, proba=proba), "out": out}
    if as_json:
        print_json(document)
    elif out is not None:
        typer.echo(f"wrote {out}: {document['n_series']} series", err=True)


def _predicted(
    model: Model,
    chunks: Iterable[Dataset],
    device: str,
    progress: Callable[[int, int], None] | None,
) -> Iterator[NDArray[np.floating]]:
    """Predict one chunk after the other: probabilities, (n_series, n_classes)."""
    done = 0
    for chunk in chunks:
        probabilities = model.predict_proba(chunk, device=device)
        done += len(probabilities)
        if progress is not None:
            progress(done, done)
        yield probabilities


def _numbered(blocks: Iterable[NDArray[np.floating]]) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """Number the rows of all blocks."""
    return enumerate(row for block in blocks for row in block)


def _prediction(
    i: int, row: NDArray[np.floating], labels: list[str], *, proba: bool
) -> dict[str, Any]:
    shares = {"probabilities": [float(f"{p:.6g}") for p in row]} if proba else {}
    return {"index": i, "label": labels[row.argmax()], **shares}


def _write_csv(
    file: TextIO, blocks: Iterable[NDArray[np.floating]], labels: list[str], *, proba: bool
) -> int:
    """Write predictions as they come, and return how many.

    Nothing is written before the first are known.
    """
    if file.isatty():  # elsewhere labels are data, which stay as they are
        labels = [one_line(label) for label in labels]
    writer = csv.writer(file, lineterminator="\n")
    done = 0
    for i, row in _numbered(blocks):
        if not done:
            writer.writerow(
                ["index", "label", *([f"p_{label}" for label in labels] if proba else [])]
            )
        writer.writerow([i, labels[row.argmax()], *(f"{p:.6g}" for p in row if proba)])
        done += 1
    return done


def _as_trained(model: Model, unequal: bool | None) -> bool:
    """Whether gaps at the ends of series are padding.

    Unless said otherwise, as in the model's training data.
    """
    return model.config.preprocessing.unequal if unequal is None else unequal


@contextmanager
def _destination(out: Path | None) -> Iterator[TextIO]:
    """Stdout, or a file that appears only when it is whole."""
    if out is None:
        yield sys.stdout
        return
    from tszoo.errors import DataError
    from tszoo.storage.files import open_atomically, reason

    make_room(out, "--out")
    try:
        with open_atomically(out) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            try:
                yield text
            finally:
                text.detach()  # all of it is in the file then, which is closed by whoever opened it
    except OSError as error:
        msg = f"{out}: cannot be written ({reason(error)})."
        raise DataError(msg) from error


def evaluate(
    model: ModelName,
    data: Data,
    *,
    zoo: ZooOption = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Judge a model on labelled data.

    Accuracy, balanced accuracy, macro F1, log loss, confusion matrix.

    Example: tszoo evaluate my-model GunPoint --archive UCRArchive_2018
    """
    from tszoo.data.load import load_dataset
    from tszoo.evaluation.metrics import evaluate as judge
    from tszoo.zoo.find import load_model

    fitted = load_model(model, zoo)
    dataset = load_dataset(
        data,
        split=split,
        default_split="test",
        label_column=label_column,
        unequal=_as_trained(fitted, unequal),
        archive=archive,
    )
    with counting("series", quiet=quiet or as_json) as progress:
        evaluation = judge(fitted, dataset, device=device, progress=progress)
    if as_json:
        print_json(_document(model, evaluation))
        return
    _print(model, evaluation)


def _document(model: str, evaluation: Evaluation) -> dict[str, Any]:
    document = asdict(evaluation)
    document["model"] = model
    document["classes"] = [str(label) for label in evaluation.classes]
    document["confusion"] = evaluation.confusion.tolist()
    for one in document["per_class"]:
        one["label"] = str(one["label"])
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
    confusion = [
        (label, *row) for label, row in zip(labels, evaluation.confusion.tolist(), strict=True)
    ]
    print_table(("true \\ predicted", *labels), confusion, right=labels)
