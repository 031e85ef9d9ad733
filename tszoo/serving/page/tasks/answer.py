"""Predict the classes of new series, as a CSV file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.serving.page.reading import stream_new
from tszoo.serving.page.worker import Desktop
from tszoo.storage.files import open_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row = list[object]


def answer(desktop: Desktop) -> None:
    """Write ``answers.csv``: a row a series, with its id, class, and all probabilities.

    Raises as ``tszoo.data.stream`` and ``Model.predict_proba`` do.
    """
    from tszoo.models.load import load_folder

    desktop.say("Reading the new series")
    model = load_folder(desktop.work.model)
    names = model.config.class_names
    n_series = 0
    with open_atomically(desktop.work.file("answers.csv")) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        for chunk in stream_new(desktop.work, model.config):
            if n_series == 0:
                writer.writerow(_header(chunk, names))
            desktop.say(f"Predicting: {n_series} series done")
            probabilities = model.predict_proba(chunk, device="cpu")
            writer.writerows(_rows(chunk, probabilities, names, n_series))
            n_series += chunk.n_series
        text.detach()
    upload = desktop.work.upload("new")
    desktop.work.write(
        "answered", {"n_series": n_series, "name": upload.name if upload else "new series"}
    )


def _header(chunk: Dataset, names: tuple[str, ...]) -> Row:
    ids = [] if chunk.ids is None else ["id"]
    return ["index", *ids, "label", *(f"probability {name}" for name in names)]


def _rows(
    chunk: Dataset, probabilities: NDArray, names: tuple[str, ...], first: int
) -> list[Row]:
    rows = []
    for i, row in enumerate(probabilities):
        ids = [] if chunk.ids is None else [chunk.ids[i]]
        rows.append([first + i, *ids, names[int(row.argmax())], *(f"{p:.4f}" for p in row)])
    return rows
