"""A universal body is a model without classes, and says what it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import tszoo
from tests.support.episodes import TINY_NETWORK, TINY_RECIPE
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.models.model import Model
from tszoo.transfer.universal import NUISANCES, pretrain_universal
from tszoo.transfer.universal_start import FreshBody

TINY = FreshBody("inception", TINY_NETWORK)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def toys(n: int) -> list[Dataset]:
    return [replace(make_toy(seed=k, n_classes=3), name=f"toy {k}") for k in range(n)]


def small(sets: list[Dataset], steps: int | str = 3, **changes: Any) -> Model:
    fields = {"name": "toys", "start": TINY, "recipe": TINY_RECIPE, "budget": steps}
    return pretrain_universal(sets, **{**fields, **changes})


def weights(model: Model) -> list[torch.Tensor]:
    return list(model.networks[0].body.state_dict().values())


def test_what_it_says(tmp_path: Path) -> None:
    model = small(toys(5), seed=4)
    config, episodic = model.config, model.config.recipe.episodic
    assert config.name == "inception.toys"
    assert config.classes == ()
    assert episodic is not None
    assert (episodic.steps, episodic.seed, len(episodic.held_out)) == (3, 4, 1)
    learnt = {part.dataset for part in config.trained_on.parts}
    assert learnt | set(episodic.held_out) == {dataset.name for dataset in toys(5)}
    assert not learnt & set(episodic.held_out)
    assert 0 < episodic.held_out_accuracy <= 1
    assert 0 < episodic.held_out_untrained <= 1
    model.save(tmp_path / "model", dtype="float32")
    loaded = Model.load(tmp_path / "model")
    assert loaded.config == config
    assert all(map(torch.equal, weights(loaded), weights(model)))


def test_the_seed_decides() -> None:
    first, again, other = (weights(small(toys(2), seed=seed)) for seed in (1, 1, 2))
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


def test_all_made_up_learns_no_data_set() -> None:
    """What is given is for judging alone then."""
    made_up = {**TINY_RECIPE, "synthetic": 1}
    assert small([], recipe=made_up).config.trained_on.parts == ()
    model = small(toys(1), recipe=made_up)
    assert model.config.trained_on.parts == ()
    assert model.config.recipe.episodic.held_out == ("toy 0",)


def test_a_body_is_trained_on() -> None:
    source = small(toys(2))
    kept = [tensor.clone() for tensor in weights(source)]
    still = small(toys(2), start=source, recipe={**TINY_RECIPE, "learning_rate": 1e-12})
    moved = small(toys(2), start=source)
    assert moved.config.base.model == "inception.toys"
    pairs = zip(
        still.networks[0].body.parameters(), source.networks[0].body.parameters(), strict=True
    )
    assert all(torch.allclose(tensor, twin) for tensor, twin in pairs)
    assert all(map(torch.equal, weights(source), kept))
    assert not torch.equal(weights(moved)[0], kept[0])


def test_it_is_a_source() -> None:
    target = make_toy(seed=9)
    model = tszoo.finetune(target, source=small(toys(2)), head="ridge", members=1)
    assert model.predict(target.series).shape == (target.n_series,)


def test_it_names_nuisance_directions_which_a_head_damps_and_leaves_behind(tmp_path: Path) -> None:
    body = small(toys(2))
    assert body.config.architecture_args["nuisances"] == NUISANCES
    directions = body.networks[0].nuisance
    body.save(tmp_path / "body", dtype="float32")
    loaded = Model.load(tmp_path / "body")
    assert torch.equal(loaded.networks[0].nuisance, directions)
    body.save(tmp_path / "narrow", dtype="int8")
    narrow = Model.load(tmp_path / "narrow").networks[0].nuisance
    steps = directions.abs().amax(dim=1, keepdim=True) / 127
    assert ((narrow - directions).abs() <= 0.51 * steps + 1e-9).all()
    target = make_toy(seed=9)
    model = tszoo.finetune(target, source=loaded, head="ridge", members=1)
    assert "nuisances" not in model.config.architecture_args
    assert model.networks[0].nuisance is None
    plain = small(toys(2), start=FreshBody(TINY.architecture, {**TINY.network, "nuisances": 0}))
    assert plain.config.architecture_args["nuisances"] == 0
    assert all(map(torch.equal, weights(plain), weights(body)))
    other = tszoo.finetune(target, source=plain, head="ridge", members=1)
    assert not torch.equal(other.networks[0].head.weight, model.networks[0].head.weight)


def test_it_may_be_trained_on_without_its_directions() -> None:
    further = small(toys(2), start=small(toys(2)))
    directions = further.networks[0].nuisance
    assert directions.abs().sum(dim=1)[0] > 0


def test_a_folder_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    def stop(report: Any) -> bool:
        return True

    folder = tmp_path / "run"
    run = tszoo.Run(folder=folder, episodes=stop)
    stopped = small(toys(2), 4, run=run)
    assert stopped.config.recipe.episodic.steps < 4
    assert stopped.config.training.stopped == {0: "it was stopped after 1 step"}
    resumed = small(toys(2), 4, run=tszoo.Run(folder=folder, resume=True))
    assert all(map(torch.equal, weights(resumed), weights(small(toys(2), 4))))


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"start": "mlp"}, ModelError, "mlp takes series of one length only"),
        ({"recipe": {"epochs": 3}}, OptionError, "recipe={'epochs': ...}: no such field"),
        ({"recipe": {"classes": 3}}, OptionError, "recipe: a field is of a wrong type"),
        ({"budget": "soon"}, OptionError, "budget must be a whole number of steps"),
        ({"held_out": 2}, OptionError, "no data set is left to learn from: 2 given, 2 kept"),
        ({"seed": -1}, OptionError, "seed must be a whole number from 0 up"),
        ({"run": tszoo.Run(validation=make_toy())}, OptionError, "has no epochs to watch"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        small(toys(2), **changes)


def test_no_data_and_twice_the_same() -> None:
    with pytest.raises(OptionError, match="no data set is left to learn from: 0 given"):
        small([])
    with pytest.raises(DataError, match="two data sets are called 'toy 0'"):
        small(toys(1) * 2)
