"""Predict the classes of new series, as ``tszoo predict --proba`` does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tszoo.models.answers import Answers, Asked, Row, names_of, write_csv
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.reading import stream_new
from tszoo.serving.page.work import NEW
from tszoo.storage.files import open_atomically

if TYPE_CHECKING:
    from tszoo.models.model import Model


def answer(desktop: Desktop) -> None:
    """Write ``answers.csv``: a row a series, with its id, class, and all probabilities.

    Raises as ``tszoo.data.stream`` and ``Model.predict_proba`` do.
    """
    from tszoo.models.load import load_folder

    work = desktop.work
    desktop.say("Reading the new series")
    model = load_folder(work.model)
    answers = Answers.of(model, Asked(proba=True))
    with open_atomically(work.file("answers.csv")) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            n_series = write_csv(text, _rows(desktop, model), answers)
        finally:
            text.detach()
    upload = work.upload(NEW)
    work.write("answered", {"n_series": n_series, "name": upload.name if upload else ""})


def _rows(desktop: Desktop, model: Model) -> Iterator[Row]:
    """Predict part after part of the file."""
    done = 0
    for chunk in stream_new(desktop.work, model.config):
        desktop.say(f"Predicting: {done} series done")
        probabilities = model.predict_proba(chunk, device="cpu")
        for name, row in zip(names_of(chunk), probabilities, strict=True):
            yield Row(done, name, row)
            done += 1
