"""What people hand to a verb or a model in place of a Dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tszoo
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, load_dataset
from tszoo.errors import DataError

pd = pytest.importorskip("pandas")

TOY = make_toy()
NAMES = [f"t{k}" for k in range(TOY.length)]
GIVEN = {
    "ndarray": TOY.series,
    "DataFrame": pd.DataFrame(TOY.series[:, 0]),
    "tuple": (TOY.series, TOY.labels),
    "NoneType": None,
}


@pytest.mark.parametrize("kind", GIVEN)
def test_what_is_no_data_set_is_refused_by_every_verb(kind: str) -> None:
    model = make_model(TOY)
    plan = tszoo.make_plan(TOY, "none", head="ridge", members=1, network={"depth": 1})
    for verb in (
        tszoo.recommend,
        tszoo.make_plan,
        tszoo.finetune,
        tszoo.pretrain,
        plan.fit,
        lambda given: tszoo.evaluate(model, given),
        lambda given: tszoo.calibrate(model, given),
    ):
        with pytest.raises(DataError, match=rf"is of type {kind}, expected a Dataset .*from_array"):
            verb(GIVEN[kind])


def frame() -> Any:
    labels = [TOY.classes[k] for k in TOY.require_labels()]
    return pd.DataFrame(TOY.series[:, 0].astype(float), columns=NAMES).assign(state=labels)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("given") / "toy.csv"
    frame().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def model(table: Any) -> tszoo.Model:
    return tszoo.finetune(
        load_dataset(table, label_column="state"),
        source="none",
        head="ridge",
        members=1,
        network={"depth": 1, "filters": 4, "kernel_lengths": [8, 4]},
    )


def test_a_path_is_read_as_the_training_data_were(model: tszoo.Model, table: Any) -> None:
    expected = model.predict_proba(load_dataset(table, like=model.config.like))
    for path in (table, str(table)):
        np.testing.assert_array_equal(model.predict_proba(path), expected)
    assert tszoo.evaluate(model, table).n_series == TOY.n_series


def test_missing_labels_are_looked_for_by_the_name_that_they_had(
    model: tszoo.Model, table: Any
) -> None:
    other = table.with_name("other.csv")
    frame().rename(columns={"state": "State"}).to_csv(other, index=False)
    with pytest.raises(DataError, match="training data had them in a column 'state'"):
        tszoo.evaluate(model, other)


def test_columns_of_a_frame_are_found_by_their_names(model: tszoo.Model) -> None:
    expected = model.predict_proba(frame())
    np.testing.assert_array_equal(expected, model.predict_proba(frame()[NAMES].to_numpy()))
    for other in (
        frame()[NAMES],
        frame()[["state", *reversed(NAMES)]],
        frame()[sorted(NAMES)],
        frame().assign(state=None, subject="s1"),
        frame().assign(state="of no class"),
    ):
        np.testing.assert_array_equal(model.predict_proba(other), expected)
    with pytest.raises(DataError, match="expected"):
        model.predict(frame().drop(columns="t3"))


def test_frames_of_polars_and_arrow_are_taken_too(model: tszoo.Model) -> None:
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    mixed = frame()[["state", *reversed(NAMES)]]
    expected = model.predict_proba(frame())
    for other in (polars.from_pandas(mixed), pyarrow.Table.from_pandas(mixed)):
        np.testing.assert_array_equal(model.predict_proba(other), expected)


def test_points_of_a_frame_are_cut_as_those_of_training_were() -> None:
    rng = np.random.default_rng(0)
    points = pd.DataFrame(
        {
            "machine": np.repeat([f"m{k}" for k in range(8)], 32),
            "second": np.tile(np.arange(32), 8),
            "x": rng.standard_normal(256) + np.repeat(np.arange(8) % 2, 32) * np.tile([0, 3], 128),
            "state": np.repeat(["calm", "wild"] * 4, 32),
        }
    )
    target = Dataset.from_frame(points, id="machine", time="second", label="state", window=16)
    network = {"depth": 1, "filters": 4, "kernel_lengths": [8, 4]}
    model = tszoo.finetune(target, source="none", head="ridge", members=1, network=network)
    mixed = points.drop(columns="state").sample(frac=1, random_state=0)
    assert model.predict(mixed[["x", "second", "machine"]]).shape == (16,)
