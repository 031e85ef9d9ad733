"""``tszoo predict``: labels for new series."""

from __future__ import annotations

from typing import Any

import typer

from tszoo.cli.answers import Wanted
from tszoo.cli.options import Device, ModelName, Output, Reading, SeveralData, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file
from tszoo.cli.predicted import Ask, predict_one
from tszoo.cli.predicted_files import Where, predict_all
from tszoo.cli.standard_input import as_file


def predict(
    model: ModelName,
    data: SeveralData,
    *,
    wanted: Wanted,
    where: Where,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Predict labels, as CSV. Text files of any size are read piece by piece.

    A table is read as the model's training data were, and may lack labels. The CSV has its ids, and
    where windows start and end. With --coverage, a column set has all classes that a series may be
    of, with | between them. With --json, the predictions are in the document; with --out, they are
    in the CSV alone. DATA may be -, standard input. Of several DATA, each has a CSV in the folder
    that --out names; Ctrl-C loses none that is done.

    Example: tszoo predict my-model new.csv --proba
    Example: cat new.csv | tszoo predict my-model -
    Example: tszoo predict my-model *.csv --out answers --jobs 4
    """
    from tszoo.models.answers import Answers

    ask = Ask(model, zoo, wanted, device, reading)
    if where.is_several(data):
        predict_all(ask, data, where, output)
        return
    check_file(where.out, "--out")  # before the work
    fitted = ask.load()
    quiet = output.is_silent or where.out is None
    document: dict[str, Any] = {
        "model": model,
        "classes": list(Answers.of(fitted, wanted.asked()).labels),
    }
    with as_file(data[0]) as place, counting("series", quiet=quiet) as progress:
        predicted = predict_one(fitted, place, ask, where.out, progress, as_json=output.as_json)
    if predicted.outside:
        typer.echo(predicted.outside, err=True)
    if output.as_json:
        print_json(document | predicted.document)
    elif where.out is not None:
        n_series = predicted.document["n_series"]
        typer.echo(f"wrote {where.out}: {n_series} series", err=True)
