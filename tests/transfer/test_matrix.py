"""Runs of a transfer matrix: what is measured, kept, and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, OptionError
from tszoo.models.load import is_model_folder
from tszoo.models.model import Model
from tszoo.transfer.finetune import finetune
from tszoo.transfer.matrix import (
    Case,
    Row,
    Setting,
    Source,
    Target,
    matrix_cases,
    measure,
    one_by_one,
    run_matrix,
)
from tszoo.transfer.matrix_engine import in_processes
from tszoo.transfer.matrix_folder import MatrixFolder, alone_in
from tszoo.transfer.matrix_sources import nearest_sources, trained_sources, zoo_sources
from tszoo.zoo.local import add_model

TINY = {"depth": 1, "filters": 2, "kernel_lengths": [4, 2]}
SETTING = Setting(repeats=2, network=TINY, recipe={"epochs": 1}, device="cpu")


def toy(name: str, seed: int) -> Dataset:
    return replace(make_toy(12, length=16, seed=seed), name=name)


def target(name: str, seed: int) -> Target:
    return Target(name, toy(name, seed), toy(name, seed + 50))


@pytest.fixture(scope="module")
def models() -> list[Model]:
    return [make_model(toy(name, k), members=2) for k, name in enumerate("ab")]


@pytest.fixture(scope="module")
def sources(models: list[Model]) -> list[Source]:
    return [Source.of(model, model.config.trained_on.dataset) for model in models]


def test_a_run_is_what_finetune_makes_of_the_source(
    models: list[Model], sources: list[Source]
) -> None:
    here = target("b", 1)
    scratch, from_a = matrix_cases([here], sources, SETTING)
    assert (scratch.source, scratch.start) == ("none", None)
    rows = measure(from_a)
    wanted = finetune(
        here.train, models[0], test=here.test, head="softmax", members=2, recipe={"epochs": 1}
    )
    assert [row.accuracy for row in rows] == list(wanted.config.results.member_accuracy)
    assert [row[:3] for row in rows] == [("b", "a", 0), ("b", "a", 1)]
    alone = finetune(
        here.train,
        "none",
        test=here.test,
        head="softmax",
        members=2,
        network=TINY,
        recipe={"epochs": 1},
    )
    assert [row.accuracy for row in measure(scratch)] == list(alone.config.results.member_accuracy)


def test_no_source_serves_what_it_has_learnt(sources: list[Source]) -> None:
    renamed = Target("c", replace(toy("c", 0)), toy("c", 9))  # the series of a
    cases = matrix_cases([target("a", 7), renamed, target("d", 8)], sources, SETTING)
    assert [(case.target.name, case.source) for case in cases] == [
        ("a", "none"),
        ("a", "b"),
        ("c", "none"),
        ("c", "b"),
        ("d", "none"),
        ("d", "a"),
        ("d", "b"),
    ]


def quick(case: Case) -> list[Row]:
    value = len(case.source) / 10
    return [Row(case.target.name, case.source, k, value, 1.0) for k in range(case.setting.repeats)]


def broken_after(n: int) -> Callable[..., Iterator[list[Row]]]:
    """An engine whose machine is gone after n items."""

    def engine(function: object, items: Sequence[Case]) -> Iterator[list[Row]]:
        for case in items[:n]:
            yield quick(case)
        raise KeyboardInterrupt

    return engine


def test_it_goes_on_where_it_was_ended(tmp_path: Path, sources: list[Source]) -> None:
    targets, setting = [target("a", 7), target("d", 8)], {"recipe": "any"}
    kept = MatrixFolder(tmp_path / "out", setting)
    cases = matrix_cases(targets, sources, SETTING, kept.done)
    assert len(cases) == 5
    with pytest.raises(KeyboardInterrupt):
        list(kept.add(run_matrix(cases, broken_after(2))))
    lines = (tmp_path / "out/results.csv").read_text().splitlines()
    assert lines[0] == "target,source,repeat,accuracy,seconds"
    assert len(lines) == 5
    again = MatrixFolder(tmp_path / "out", setting)
    left = matrix_cases(targets, sources, SETTING, again.done)
    assert [case[:2] for case in left] == [case[:2] for case in cases[2:]]
    # more repeats: only rows that are not there are added
    more = matrix_cases(targets, sources, replace(SETTING, repeats=3), again.done)
    added = list(again.add(row for case in more for row in quick(case)))
    assert len(added) == 15 - 4
    assert len(MatrixFolder(tmp_path / "out", setting).rows) == 15


def test_a_folder_is_of_one_setting_and_one_process(tmp_path: Path) -> None:
    MatrixFolder(tmp_path, {"recipe": "one"})
    with pytest.raises(OptionError, match="measured in another setting"):
        MatrixFolder(tmp_path, {"recipe": "two"})
    (tmp_path / "results.csv").write_text("target,source\na,b\n")
    with pytest.raises(DataError, match="no rows of a transfer matrix"):
        MatrixFolder(tmp_path, {"recipe": "one"})
    with (
        alone_in(tmp_path),
        pytest.raises(OptionError, match="another process is at this matrix"),
        alone_in(tmp_path),
    ):
        pass


def test_processes_do_every_item() -> None:
    assert in_processes(1) is one_by_one
    assert sorted(in_processes(2)(abs, [-2, 1, -3])) == [1, 2, 3]


def test_sources_are_trained_once_and_are_models(tmp_path: Path) -> None:
    setting = replace(SETTING, architecture="fcn", network={"filters": [2, 2, 2]})
    datasets = [toy("a", 0), toy("b", 1)]
    learnt = trained_sources(datasets, tmp_path, setting)
    assert [source.name for source in learnt] == ["a", "b"]
    assert all(is_model_folder(tmp_path / name) for name in "ab")
    assert Model.load(tmp_path / "a").config.architecture == "fcn"
    assert learnt[0].has_learnt(target("a", 5))

    def none_left(function: object, items: Sequence[object]) -> list[str]:
        assert not items
        return []

    assert trained_sources(datasets, tmp_path, setting, none_left) == learnt
    case = matrix_cases([target("c", 2)], learnt, setting)[1]
    assert [row.source for row in measure(case)] == ["a", "a"]
    near = nearest_sources([target("a", 0), target("c", 2)], learnt)
    assert near["a"] == ["b"]
    assert sorted(near["c"]) == ["a", "b"]


def test_models_of_a_zoo_are_sources(tmp_path: Path, models: list[Model]) -> None:
    for model in models:
        add_model(tmp_path / "zoo", model)
    every = zoo_sources((), tmp_path / "zoo")
    assert [source.name for source in every] == ["inception.a", "inception.b"]
    (named,) = zoo_sources([str(tmp_path / "zoo/inception.b")], tmp_path / "zoo")
    assert (named.name, named.learnt) == ("inception.b", every[1].learnt)
    assert named.has_learnt(target("b", 30))
    assert nearest_sources([target("a", 0)], every, tmp_path / "zoo") == {"a": ["inception.b"]}
