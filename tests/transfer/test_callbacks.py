from __future__ import annotations

from typing import Any

import pytest

from tests.support.fits import RECIPE, kept, same, trained
from tests.support.sources import source_models
from tests.support.toys import make_toy
from tszoo.nets.network import Network
from tszoo.training.epoch import EpochReport

Call = tuple[str, int, int]


def test_callbacks_are_told_of_every_epoch_of_every_member_and_change_nothing() -> None:
    calls: list[Call] = []

    def watcher(member: int, report: EpochReport, network: Network) -> None:
        calls.append(("watcher", member, report.epoch))

    def callback(member: int, report: EpochReport, network: Network) -> None:
        assert isinstance(network, Network)
        assert report.epochs == RECIPE.epochs
        calls.append(("callback", member, report.epoch))

    toy, source = make_toy(), source_models()[0]
    run = kept(watchers=[watcher])
    model = trained(toy, source, callbacks=[callback], run=run)
    wanted = {(who, k, n) for who in ("watcher", "callback") for k in (0, 1) for n in (1, 2)}
    assert set(calls) == wanted
    assert len(calls) == len(wanted)
    assert calls.index(("watcher", 0, 1)) < calls.index(("callback", 0, 1))
    assert run.watchers == [watcher]
    assert same(model, trained(toy, source))


def test_a_callback_may_end_the_run() -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(make_toy(), source_models()[0], callbacks=[stop])
