"""Ridge heads read less of large series, so that time and memory are bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.shorten import shorten
from tszoo.errors import OptionError
from tszoo.models.load import load_folder
from tszoo.transfer import reading
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.finetune import finetune
from tszoo.transfer.planning import make_plan
from tszoo.transfer.reading import WHOLE, Reading, choose_reading, reading_of, said
from tszoo.transfer.start import Start, start_from


@pytest.fixture(scope="module")
def source() -> Any:
    args = {"filters": [6, 5, 4], "kernel_lengths": [5, 3, 3]}
    toy = replace(make_toy(), name="Coffee")
    return make_model(toy, 1, architecture="fcn", architecture_args=args, seed=3)


def chosen(target: Dataset, source: Any, wish: str = "auto", n_trained: int = 0) -> Reading:
    start = start_from([source], target)
    ensemble = make_ensemble(start, n_trained)
    return choose_reading(target, start, ensemble, wish)


def make_ensemble(start: Start, n_trained: int) -> Ensemble:
    from tszoo.training.recipe import RECIPES

    recipe = RECIPES["fast"] if n_trained else None
    return Ensemble(start.architecture, start.architecture_args, 1, n_trained, recipe)


def zeros(n_series: int, n_channels: int, length: int, n_classes: int = 2) -> Dataset:
    series = np.zeros((n_series, n_channels, length), np.float32)
    labels = [f"{k % n_classes:05d}" for k in range(n_series)]
    return Dataset.from_arrays(series, labels, name="Large", layout="NCT")


def test_what_the_archive_has_is_read_whole(source: Any) -> None:
    for shape in ((5000, 1, 2844, 60), (300, 64, 300, 6), (20, 1, 20_000, 2)):
        assert chosen(zeros(*shape), source) == WHOLE


def test_large_series_are_read_in_bounds(source: Any) -> None:
    long, wide = zeros(40, 1, 100_000), zeros(40, 1000, 100)
    assert chosen(long, source) == Reading(averaged=8)
    assert chosen(wide, source) == Reading(channels_read=64)
    both = chosen(zeros(10, 500, 20_000), source)
    assert both == Reading(averaged=5, channels_read=64)
    assert said(both, 500) == "64 of 500 channels, evenly spaced, means of 5 points each"
    for target in (long, wide):
        assert chosen(target, source, "no") == WHOLE
        assert chosen(target, source, n_trained=1) == WHOLE


def test_heads_for_many_classes_read_fewer_features(source: Any, monkeypatch: Any) -> None:
    target = zeros(60, 1, 20, 30)
    assert chosen(target, source) == WHOLE
    monkeypatch.setattr(reading, "MANY_CLASSES", 20)
    monkeypatch.setattr(reading, "MOST_WEIGHTS", 30 * 17)
    assert chosen(target, source) == Reading(features_read=17)


def test_a_model_that_reads_less_says_so_and_is_what_it_is_when_loaded(
    source: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "LEAST_POINTS", 16)
    monkeypatch.setattr(reading, "MOST_POINTS_READ", 24 * 2 * 16)
    monkeypatch.setattr(reading, "MOST_CHANNELS_READ", 2)
    monkeypatch.setattr(reading, "LEAST_CHANNELS_READ", 2)
    toy = make_toy(24, length=64, n_channels=5, seed=1)
    plan = make_plan(toy, source, head="ridge", level="no")
    assert reading_of(plan.ensemble.architecture_args) == Reading(averaged=4, channels_read=2)
    page = str(plan)
    assert "reads     2 of 5 channels, evenly spaced, means of 4 points each" in page
    assert 'reduce="no" reads all.' in page
    model = plan.fit(toy)
    new = make_toy(10, length=64, n_channels=5, seed=2)
    model.save(tmp_path / "m")
    loaded = load_folder(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict_proba(new), model.predict_proba(new), atol=0.02)

    # the slow twin: series that are shortened and lack the channels that are not read
    def by_hand(dataset: Dataset) -> Dataset:
        some = replace(dataset, series=np.ascontiguousarray(dataset.series[:, [0, 2]]))
        return shorten(some, 16)

    twin = finetune(by_hand(toy), source, head="ridge", level="no", reduce="no")
    np.testing.assert_allclose(
        model.predict_proba(new), twin.predict_proba(by_hand(new)), rtol=1e-3, atol=1e-4
    )


def test_a_source_that_reads_less_serves_as_any_other(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "LEAST_POINTS", 16)
    monkeypatch.setattr(reading, "MOST_POINTS_READ", 24 * 16)
    toy = make_toy(24, length=64)
    less = finetune(toy, source, head="ridge", level="no")
    assert less.networks[0].averaged == 4
    small = make_toy(24, length=12)
    whole = finetune(small, less, head="ridge", level="no")
    assert whole.networks[0].averaged == 1


def test_reduce_is_auto_or_no(source: Any) -> None:
    with pytest.raises(OptionError, match=r"^reduce must be one of auto, no, not 'some'\.$"):
        make_plan(make_toy(), source, reduce="some")


SHAPES = {
    "channels": (40, 1000, 100, 4),
    "points": (40, 1, 100_000, 4),
    "classes": (20_000, 1, 96, 10_000),
}
MEASURED = """
import resource, sys, json
from tszoo.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "kilobytes": used.ru_maxrss}), file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", SHAPES)
def test_a_readout_of_large_data_is_made_and_used_in_bounds(what: str, tmp_path: Path) -> None:
    n_series, n_channels, length, n_classes = SHAPES[what]
    rng = np.random.default_rng(0)
    labels = np.arange(n_series) % n_classes
    steps = rng.normal(size=(n_classes, 1, length))[labels]
    series = (steps + 0.3 * rng.normal(size=(n_series, n_channels, length))).cumsum(-1)
    np.savez(tmp_path / "large.npz", X=series.astype(np.float32), y=labels.astype(str))
    del series, steps

    def run(*args: str) -> dict[str, float]:
        command = [sys.executable, "-c", MEASURED, *args]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return json.loads(done.stderr.splitlines()[-1])

    large = ("large.npz", "--layout", "NCT")
    for used in (
        run("recommend", *large),
        run("finetune", *large, "--head", "ridge", "--out", "m"),
        run("predict", "m", *large, "--out", "predicted.csv"),
    ):
        assert used["seconds"] < 150  # of one core; a machine may be slower than ours
        assert used["kilobytes"] < 2 * 2**20
