"""Training in the background: its curve, cancelled and gone on with, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("matplotlib")

from tests.support.desks import csv_of, make_small_zoo
from tszoo.data.load import load_dataset
from tszoo.models.model import Model
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.jobs import Job, read_job, write_job
from tszoo.serving.page.progress import HEIGHT, WIDTH, progress_of
from tszoo.serving.page.tasks.fit import fit
from tszoo.serving.page.uploads import Received
from tszoo.serving.page.work import DATA, Asked, Upload, Work

EPOCHS = 4


class Impatient(Desktop):
    """Somebody cancels after some epochs."""

    def __init__(self, work: Work, after: int) -> None:
        super().__init__(work, Job("fit", {}))
        self.after = after

    def count(self, done: int, in_all: int) -> None:
        super().count(done, in_all)
        self.is_cancelled = self.saves_itself and done >= self.after


def work_in(folder: Path) -> Work:
    folder.mkdir()
    work = Work(folder)
    Received(Upload("mine.csv", ".csv"), csv_of(24)).keep(work, DATA)
    work.ask(Asked())
    return work


def train(desktop: Desktop, zoo: str, **changes: Any) -> None:
    asked = {"head": "softmax", "members": 1, "epochs": EPOCHS, "resume": False}
    write_job(desktop.work, desktop.job)
    fit(desktop, **{**asked, "zoo": zoo, "cache": f"{zoo}.cache", **changes})


def test_a_run_that_was_cancelled_goes_on_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tszoo.serving.page.tasks.fit.keep_judged", lambda *_: None)
    zoo = make_small_zoo(tmp_path / "zoo")
    whole, cut = work_in(tmp_path / "whole"), work_in(tmp_path / "cut")
    train(Impatient(whole, 99), zoo)
    with pytest.raises(KeyboardInterrupt):
        train(Impatient(cut, 2), zoo)
    assert not cut.model.exists()
    half = progress_of(cut, read_job(cut))
    assert half.epoch == 2
    assert half.percent == 50
    train(Impatient(cut, 99), zoo, resume=True)
    data = load_dataset(whole.path_of(DATA))
    np.testing.assert_array_equal(
        Model.load(whole.model).predict_proba(data), Model.load(cut.model).predict_proba(data)
    )
    assert not cut.training.exists()
    check_curve(cut)


def check_curve(work: Work) -> None:
    """It has a point for every epoch, of training and of the held-back series, in its box."""
    progress = progress_of(work, read_job(work))
    assert progress.epoch == EPOCHS
    assert [panel.title for panel in progress.panels] == ["Loss", "Accuracy"]
    for panel in progress.panels:
        for lines in (panel.training, panel.held):
            points = [tuple(map(float, point.split(","))) for point in lines[0].split()]
            assert len(points) == EPOCHS
            assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
