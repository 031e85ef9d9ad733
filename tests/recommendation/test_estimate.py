"""It is said how long trying sources takes, before it begins."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.support.small import SMALL
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo.nets.registry import build
from tszoo.readout import timing
from tszoo.readout.tangents import COPIES
from tszoo.readout.timing import seconds_a_series, seconds_of_a_head, seconds_of_a_readout
from tszoo.recommendation.advice import BESIDE_UNIVERSAL, advise
from tszoo.recommendation.estimate import LOADING, estimate_seconds
from tszoo.recommendation.probe import random_network
from tszoo.training.run import Run
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model
from tszoo.zoo.zoo import Zoo


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: Any) -> Zoo:
    root = tmp_path_factory.mktemp("estimate") / "zoo"
    for seed, name in enumerate(("Coffee", "GunPoint")):
        add_model(root, make_model(replace(make_toy(seed=seed), name=name), 1, seed=seed))
    add_model(root, universal_model("universalT", "Beef"))
    return open_zoo(root)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body takes a second a series, and a head none."""
    monkeypatch.setattr(timing, "seconds_a_series", lambda *_: 1.0)
    monkeypatch.setattr(timing, "seconds_of_a_head", lambda *_: 0.0)


@pytest.mark.usefixtures("known")
def test_every_body_that_is_tried_is_counted(zoo: Zoo) -> None:
    toy, run = make_toy(20), Run(jobs=1)
    each = 20 + LOADING
    assert len(zoo.models) == 3 < BESIDE_UNIVERSAL
    one_by_one = estimate_seconds(toy, zoo, run=run)
    assert one_by_one == pytest.approx((3 + 1 + 1) * each, abs=0.1)  # and random filters
    two_at_a_time = estimate_seconds(toy, zoo, run=replace(run, jobs=2))
    assert two_at_a_time == pytest.approx((2 + 1) * each, abs=0.1)
    assert estimate_seconds(toy, zoo, method="dtw", run=run) < 0.1


@pytest.mark.usefixtures("known")
def test_what_is_kept_takes_no_time(zoo: Zoo, tmp_path: Any) -> None:
    toy, run = make_toy(20), Run(device="cpu", cache=tmp_path)
    assert estimate_seconds(toy, zoo, run=run) > 20
    advise(toy, zoo, run=run)
    assert estimate_seconds(toy, zoo, run=run) < 0.1
    assert estimate_seconds(make_toy(20, seed=1), zoo, run=run) > 20


def test_a_body_takes_longer_for_longer_series_and_a_head_for_more_channels() -> None:
    short, long, wide = make_toy(20), make_toy(20, length=3200), make_toy(20, n_channels=16)
    network = random_network(short, 0)
    assert seconds_a_series(network, long) > 5 * seconds_a_series(network, short)
    network = universal_model("universalT", "Beef").networks[0]
    assert seconds_of_a_head(network, wide) > 10 * seconds_of_a_head(network, short)


def test_bent_series_of_a_universal_body_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "seconds_a_series", lambda *_: 1.0)
    monkeypatch.setattr(timing, "seconds_of_a_head", lambda *_: 0.0)
    target = make_toy(20)
    assert seconds_of_a_readout(random_network(target, 0), target) == 20
    args = {**SMALL["inception"], "readout": "stages", "nuisances": 2}
    assert seconds_of_a_readout(build("inception", args, 1, 0), target) == 20 * (1 + COPIES)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(120, 300, 4, 1), (30, 100, 4, 40), (30, 9000, 3, 1)])
def test_it_is_right_within_a_factor_of_two(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # of the processor's time, which what else a machine does changes little
    monkeypatch.setattr(time, "perf_counter", time.process_time)
    target, run = make_toy(*shape), Run(device="cpu", jobs=1)
    advise(make_toy(), run=run)  # kernels are compiled, and models read from the disk
    estimate = estimate_seconds(target, open_zoo(None), run=run)
    began = time.perf_counter()
    advise(target, run=run)
    assert estimate / 2 < time.perf_counter() - began < estimate * 2
