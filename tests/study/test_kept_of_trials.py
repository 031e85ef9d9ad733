"""What is kept of trials beside their rows: confusions, and how nodes learn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.sweeps import TINY, outcomes, small_sweep
from tszoo.errors import DataError
from tszoo.study.ask import Design
from tszoo.study.confusions import read_confusion
from tszoo.study.keep import confusion_path, nodes_path
from tszoo.study.outcome import Done
from tszoo.study.study import Study
from tszoo.study.summary import spelled
from tszoo.study.tables import write_tables


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_sweep(tmp_path_factory.mktemp("sweep") / "s", design=Design(repeats=2))


def test_which_classes_were_taken_for_which_is_counted_over_repeats(study: Study) -> None:
    """A twin: the share on the diagonal is the mean accuracy, for as many series each time."""
    (matrices,) = study.confusions().values()
    assert set(matrices) == {spelled(row) for row in study.rows if not row.outcome.error}
    for name, counts in matrices.items():
        rows = [row for row in study.rows if spelled(row) == name]
        accuracies = [row.outcome.validation_accuracy for row in rows]
        assert np.trace(counts) / counts.sum() == pytest.approx(np.mean(accuracies))


def test_damaged_confusions_are_passed_over(tmp_path: Path) -> None:
    study = small_sweep(tmp_path / "s")
    path = confusion_path(study.folder, 1)
    with pytest.raises(DataError, match="no table of a trial's confusions"):
        read_confusion(path, ["other"])
    path.write_text("data,true\n")
    (matrices,) = study.confusions().values()
    assert list(matrices) == ["depth=2"]


def test_how_nodes_learn_is_recorded_of_every_member(tmp_path: Path) -> None:
    settings = replace(TINY, members=2)
    plain = small_sweep(tmp_path / "a", settings=settings)
    study = small_sweep(tmp_path / "b", settings=settings, design=Design(record=True))
    assert outcomes(plain) == outcomes(study)
    assert plain.nodes() == {}
    (runs,) = study.nodes().values()
    names = [f"depth={depth}, member={member}" for depth in (1, 2) for member in (0, 1)]
    assert list(runs) == names
    assert [run.member for run in runs.values()] == [0, 1, 0, 1]
    assert [run.epoch.tolist() for run in runs.values()] == [[2]] * 4
    first, second = (run.angle["head"] for run in list(runs.values())[:2])
    assert not np.array_equal(first, second)
    nodes_path(study.folder, 1, 1).write_bytes(b"damaged")
    (runs,) = study.nodes().values()
    assert list(runs) == [names[0], *names[2:]]
    done = Done(study.rows[0].outcome, [], [[1, 0], [2, 3]], [b"\x00nodes", b""])
    assert Done.from_dict(json.loads(json.dumps(done.to_dict()))) == done


def test_one_change_at_a_time_is_named_by_what_was_changed(tmp_path: Path) -> None:
    vary = {"depth": [1, 2], "residual": [True, False]}
    study = small_sweep(tmp_path / "s", vary, design=Design(grid=False))
    names = ["unchanged", "depth=1", "depth=2", "residual=false"]
    assert study.names() == names
    assert list(study.curves()) == names
    (matrices,) = study.confusions().values()
    assert list(matrices) == names
    write_tables(study, tmp_path)
    header = (tmp_path / "validation_accuracy.csv").read_text().splitlines()[0]
    assert header == "dataset,unchanged,depth=1,depth=2,residual=false"
