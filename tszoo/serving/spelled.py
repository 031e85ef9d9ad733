"""Spell answers: CSV, JSON, or JSON line by line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from tszoo.models.answers import Answers, Row, write_csv
from tszoo.serving.asked import Form


def spell(model: str, rows: Sequence[Row], answers: Answers, form: Form) -> str:
    """Write answers as they were asked for.

    Parameters
    ----------
    model : str
        Its name here.
    rows : sequence of Row
    answers : Answers
    form : Form

    Returns
    -------
    str
        A CSV with a header is what ``tszoo predict`` writes; JSON, what ``--json`` prints of it.

    Raises
    ------
    OptionError
        If a CSV cannot tell labels apart.
    """
    if form.spelling == "csv":
        return _csv(rows, answers, form)
    predictions = [answers.document(row) for row in rows]
    if form.spelling == "jsonlines":
        return "".join(f"{_json(prediction)}\n" for prediction in predictions)
    document = {"model": model, "classes": list(answers.labels), "n_series": len(rows)}
    return _json({**document, "predictions": predictions})


def _csv(rows: Sequence[Row], answers: Answers, form: Form) -> str:
    text = io.StringIO()
    if form.header:
        write_csv(text, rows, answers)
        return text.getvalue()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(answers.cells(row).values())
    return text.getvalue()


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)
