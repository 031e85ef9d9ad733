"""Sweeps: every trial a row, the same from any engine, gone on with where they ended."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.sweeps import CPU, DEPTHS, HERE, NETWORK, TINY, outcomes, small_sweep
from tests.support.toys import make_toy
from tszoo.data.holdout import hold_out
from tszoo.errors import DataError, MissingExtraError, OptionError
from tszoo.study import perform
from tszoo.study.ask import Design
from tszoo.study.engine import Engine
from tszoo.study.keep import RESULTS, log_path
from tszoo.study.results import read_results
from tszoo.study.settings import Settings
from tszoo.study.study import Study
from tszoo.study.trial import Sets
from tszoo.training.watch.runlog import read_runlog
from tszoo.transfer.pretrain import pretrain

WIDE = {"depth": [1, 0], "batch_size": [4, 8]}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_sweep(tmp_path_factory.mktemp("sweep") / "s", WIDE, design=Design(repeats=2))


def test_a_row_is_what_pretrain_gives(study: Study) -> None:
    """The slow, obvious twin: hold out, pretrain on the rest, ask the model."""
    row = study.rows[5 - 1]
    assert (row.trial, row.values, row.repeat, row.seed) == (
        5,
        {"depth": 1, "batch_size": 4},
        2,
        1000,
    )
    train, held_out = hold_out(make_toy(), "0.2", 1000)
    model = pretrain(
        train,
        members=1,
        network={**NETWORK, "depth": 1},
        recipe={"epochs": 2, "batch_size": 4},
        seed=1000,
        run=CPU,
    )
    labels = held_out.require_labels()
    found = model.predict_proba(held_out.series)
    assert row.outcome.validation_accuracy == np.mean(found.argmax(axis=1) == labels)
    loss = -np.log(found[np.arange(len(labels)), labels]).mean()
    assert row.outcome.validation_loss == pytest.approx(loss, rel=1e-4)
    test = make_toy(seed=1)
    right = model.predict_proba(test.series).argmax(axis=1) == test.labels
    assert row.outcome.test_accuracy == right.mean()
    assert row.outcome.train_accuracy == model.config.results.train_accuracy
    (network,) = model.networks
    assert row.outcome.parameters == sum(p.numel() for p in network.parameters())
    assert row.outcome.receptive_field == 8
    assert row.outcome.epochs == 2


def test_what_breaks_is_a_row_with_its_error(study: Study) -> None:
    failed = [row for row in study.rows if row.outcome.error]
    assert [row.values["depth"] for row in failed] == [0, 0, 0, 0]
    assert failed[0].outcome.error == "inception: depth = 0 is not a whole number up to 100."
    assert failed[0].outcome.validation_accuracy is None
    assert study.n_left == 0


def test_an_error_of_another_kind_ends_no_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError("all of it")

    monkeypatch.setattr(perform, "fit_members", no_memory)
    study = small_sweep(tmp_path / "s")
    assert [row.outcome.error for row in study.rows] == ["MemoryError: all of it"] * 2


@pytest.mark.slow
def test_processes_find_the_same_bit_for_bit(study: Study, tmp_path: Path) -> None:
    spread = small_sweep(
        tmp_path / "s", WIDE, design=Design(repeats=2), engine=Engine(jobs=2, budget="1h")
    )
    assert outcomes(spread) == outcomes(study)
    for trial in (1, 5):
        histories = [read_runlog(log_path(s.folder, trial)).members[0] for s in (spread, study)]
        assert histories[0].loss.tolist() == histories[1].loss.tolist()
        assert not np.isnan(histories[0].validation_loss).any()


@pytest.mark.slow  # Ray takes most of a minute to start on two slow cores
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")  # Ray's own
def test_ray_finds_the_same_bit_for_bit(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    # by itself it lets all other work of the machine go first, and may wait for ever
    monkeypatch.setenv("RAY_worker_niceness", "0")
    engine = Engine("ray", jobs=2)
    spread = small_sweep(tmp_path / "s", WIDE, design=Design(repeats=2), engine=engine)
    assert outcomes(spread) == outcomes(study)
    assert not ray.is_initialized()


def test_the_table_is_read_as_it_was_written(study: Study) -> None:
    rows = read_results(study.folder / RESULTS)
    assert tuple(rows) == study.rows
    with (study.folder / RESULTS).open(newline="") as file:
        first = next(csv.DictReader(file))
    assert list(first)[:4] == ["trial", "dataset", "depth", "batch_size"]
    assert float(first["validation_loss"]) == rows[0].outcome.validation_loss


def test_it_goes_on_where_it_was_killed(study: Study, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(done: int, n_trials: int) -> None:
        assert n_trials == 8
        if done == 3:
            raise Killed

    again = {"design": Design(repeats=2)}
    with pytest.raises(Killed):
        small_sweep(tmp_path / "s", WIDE, ended=kill, **again)
    assert len(read_results(tmp_path / "s" / RESULTS)) == 3
    told: list[int] = []
    gone_on = small_sweep(tmp_path / "s", WIDE, ended=lambda done, _: told.append(done), **again)
    assert told == [4, 5, 6, 7, 8]
    assert outcomes(gone_on) == outcomes(study)
    assert small_sweep(tmp_path / "s", WIDE, **again).rows == gone_on.rows  # nothing is done twice


def test_a_trial_without_its_row_is_done_again(tmp_path: Path) -> None:
    whole = small_sweep(tmp_path / "s")
    lines = (tmp_path / "s" / RESULTS).read_text().splitlines(keepends=True)
    (tmp_path / "s" / RESULTS).write_text(lines[0] + lines[2])
    assert outcomes(small_sweep(tmp_path / "s")) == outcomes(whole)


def test_no_trial_begins_when_the_time_is_over(tmp_path: Path) -> None:
    study = small_sweep(tmp_path / "s", engine=Engine(jobs=1, budget="0.000000001s"))
    assert (study.rows, study.n_left) == ((), 2)
    asked = iter([False, True])
    study = small_sweep(tmp_path / "s", engine=Engine(jobs=1, stop=lambda: next(asked)))
    assert [row.trial for row in study.rows] == [1]
    with pytest.raises(OptionError, match=r"1 trial\(s\) left; the best is chosen when all have"):
        study.best()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vary": {"depth": [1, 3]}}, r"vary.depth was \[1, 2\] and is \[1, 3\]"),
        ({"design": Design(repeats=2)}, "repeats was 1 and is 2"),
        ({"design": Design(validation="0.4")}, "validation was '0.2' and is '0.4'"),
        ({"data": Sets(make_toy(seed=5))}, "data.Toy was"),
    ],
)
def test_a_changed_plan_in_the_same_folder_is_told(
    change: dict, message: str, tmp_path: Path
) -> None:
    small_sweep(tmp_path / "s", engine=Engine(jobs=1, budget="0.000000001s"))
    with pytest.raises(OptionError, match=f"holds another sweep: {message}"):
        small_sweep(tmp_path / "s", **change)


def test_a_folder_with_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OptionError, match=r"holds mine.txt and no sweep"):
        small_sweep(tmp_path)


def test_a_row_of_another_sweep_is_told(tmp_path: Path) -> None:
    small_sweep(tmp_path / "s")
    path = tmp_path / "s" / RESULTS
    path.write_text(path.read_text().replace("\n2,Toy,2,", "\n2,Toy,7,"))
    with pytest.raises(OptionError, match="trial 2 is none of this sweep's"):
        small_sweep(tmp_path / "s")


def test_the_best_is_chosen_by_validation_and_fitted_to_all(study: Study) -> None:
    best = study.best()
    rows = [row for row in study.rows if row.values == best.values]
    assert best.validation_accuracy == np.mean([r.outcome.validation_accuracy for r in rows])
    assert best.validation_accuracy == max(
        line.validation_accuracy for line in study.lines() if not line.n_failed
    )
    model = study.fit_best(CPU)
    assert model.config.trained_on.n_series == make_toy().n_series
    assert model.config.architecture_args["depth"] == 1
    assert model.config.recipe.training.recipe.batch_size == best.values["batch_size"]
    assert model.config.results.accuracy is not None  # the test split, reported


def test_the_test_split_has_no_say(tmp_path: Path) -> None:
    """Wrong labels of a test split change what is reported, and nothing else."""
    toy, other = make_toy(), make_toy(seed=1)
    right = small_sweep(tmp_path / "a", data=Sets(toy, other))
    labels = 1 - other.require_labels()
    names = [other.classes[k] for k in labels]
    wrong = type(other).from_arrays(other.series, names, name="Toy", layout="NCT")
    turned = small_sweep(tmp_path / "b", data=Sets(toy, wrong))
    assert right.best().values == turned.best().values
    for a, b in zip(outcomes(right), outcomes(turned), strict=True):
        assert a.pop("test_accuracy") == pytest.approx(1 - b.pop("test_accuracy"))
        assert a == b


def test_curves_change_nothing_and_can_be_left_out(tmp_path: Path) -> None:
    with_logs = small_sweep(tmp_path / "a")
    without = small_sweep(tmp_path / "b", design=Design(curves=False))
    assert outcomes(with_logs) == outcomes(without)
    assert (tmp_path / "a" / "logs").exists()
    assert not (tmp_path / "b" / "logs").exists()
    assert without.curves() == {}
    assert list(with_logs.curves()) == ["depth=1", "depth=2"]


def test_data_are_hyper_parameters_too(tmp_path: Path) -> None:
    study = small_sweep(tmp_path / "s", {"n_series": [4, 8, 99], "length": [16]})
    assert [bool(row.outcome.error) for row in study.rows] == [False, False, True]
    assert "n_series must be a whole number from 2 to 19" in study.rows[2].outcome.error
    with pytest.raises(OptionError, match="all series as they are, so n_series cannot be chosen"):
        small_sweep(tmp_path / "s", {"n_series": [4, 8, 99], "length": [16]}).fit_best()


def test_a_frozen_source_can_be_varied(tmp_path: Path) -> None:
    from tests.support.tiny import make_model
    from tszoo.zoo.local import add_model

    add_model(tmp_path / "zoo", make_model(make_toy(seed=8), members=1))
    source = str(tmp_path / "zoo" / "inception.Toy")
    settings = type(TINY)(recipe={"epochs": 2})
    study = small_sweep(tmp_path / "s", {"source": [source, "auto?"]}, settings=settings)
    assert study.rows[0].outcome.validation_accuracy is not None
    assert study.rows[1].outcome.error


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"vary": {"dept": [1]}}, OptionError, "dept cannot be varied; did you mean depth?"),
        ({"vary": {"depth": 3}}, OptionError, "vary: depth needs a list of values"),
        ({"vary": {"filters": [3]}}, OptionError, "filters is varied and set"),
        ({"vary": "mine"}, OptionError, "preset must be one of inceptiontime"),
        ({"design": Design(repeats=0)}, OptionError, "repeats must be a whole number from 1"),
        ({"data": []}, DataError, "no data to try anything on"),
        ({"data": [make_toy(), make_toy()]}, DataError, "two data sets are called Toy"),
    ],
)
def test_what_makes_no_sense(
    options: dict, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        small_sweep(tmp_path / "s", **options)


def test_an_engine_that_makes_no_sense() -> None:
    with pytest.raises(OptionError, match="engine must be one of local, ray, not 'moon'"):
        Engine("moon")
    with pytest.raises(OptionError, match="jobs must be 1 or more, not 0"):
        Engine(jobs=0)
    for budget in ("90", "soon", "0m"):
        with pytest.raises(OptionError, match="budget must be a time such as 480s, 90m or 2h"):
            Engine(budget=budget)


def test_without_ray_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r'pip install "tszoo\[ray\]"'):
        small_sweep(tmp_path / "s", engine=Engine("ray"))


def test_two_processes_do_not_write_one_folder(tmp_path: Path) -> None:
    def again(_done: int, _n_trials: int) -> None:
        with pytest.raises(OptionError, match="another process is at this sweep"):
            small_sweep(tmp_path / "s")

    small_sweep(tmp_path / "s", ended=again)
    assert HERE.jobs == 1
    assert list(DEPTHS) == ["depth"]


def test_an_architecture_is_for_trials_without_a_source(tmp_path: Path) -> None:
    """From scratch one network, from a source the source's own, in one sweep."""
    model = pretrain(make_toy(seed=3), members=1, network=NETWORK, recipe={"epochs": 1}, run=CPU)
    model.save(tmp_path / "zoo" / "inception.Toy")
    source = str(tmp_path / "zoo" / "inception.Toy")
    settings = Settings(architecture="mlp", recipe={"epochs": 1})
    study = small_sweep(tmp_path / "s", {"source": ["none", source]}, settings=settings)
    sizes = [row.outcome.parameters for row in study.rows]
    body = sum(p.numel() for p in model.networks[0].parameters())
    assert [row.outcome.error for row in study.rows] == ["", ""]
    assert sizes[0] != body
    assert sizes[1] == body
    with pytest.raises(OptionError, match='architecture="mlp" is for source="none"'):
        small_sweep(tmp_path / "t", {"source": [source]}, settings=settings)
