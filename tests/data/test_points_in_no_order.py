"""Tables of one line a point whose lines are scattered, and times as programs write them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tszoo.data import load_dataset
from tszoo.errors import DataError

N_IDS, LENGTH = 12, 8
VALUES = np.random.default_rng(0).standard_normal((N_IDS, LENGTH)).round(4)
LABELS = ["walk", "run"] * 6


def points(spell_id="s{:02}".format, spell_time=str):
    return [
        [spell_id(i), spell_time(t), VALUES[i, t], LABELS[i]]
        for i in range(N_IDS)
        for t in range(LENGTH)
    ]


def write(path, rows, head=("id", "time", "x", "label")):
    lines = [",".join(map(str, row)) for row in [list(head), *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def assert_read(dataset, spell_id="s{:02}".format):
    assert dataset.n_channels == 1
    place = {spell_id(i): i for i in range(N_IDS)}
    at = [place[name] for name in dataset.ids]
    assert sorted(at) == list(range(N_IDS))
    np.testing.assert_allclose(dataset.series[:, 0], VALUES[at], rtol=1e-6)
    labels = [dataset.classes[k] for k in dataset.require_labels()]
    assert labels == [LABELS[i] for i in at]


ORDERS = {
    "by time": lambda rows: sorted(rows, key=lambda row: row[1]),
    "by time, falling": lambda rows: sorted(rows, key=lambda row: row[1], reverse=True),
    "by label and time": lambda rows: sorted(rows, key=lambda row: (row[3], row[1])),
    "shuffled": lambda rows: [rows[k] for k in np.random.default_rng(1).permutation(len(rows))],
}
TIMES = {
    "counted": ("time", str),
    "dates": ("when", lambda t: f"2024-01-{t + 1:02}"),
    "moments": ("when", lambda t: f"2024-01-01 00:{t:02}:00"),
    "spans": ("when", lambda t: f"0 days 00:{t:02}:00"),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("spell_id", ["s{:02}".format, str])
@pytest.mark.parametrize("name", ["id", "machine"])
def test_lines_may_stand_in_any_order(tmp_path, order, time, spell_id, name):
    called, spell_time = TIMES[time]
    rows = ORDERS[order](points(spell_id, spell_time))
    head = [name, called, "x", "label"]
    for said in ({}, {"label_column": "label"}, {"label_column": "label", "id_column": name}):
        dataset = load_dataset(write(tmp_path / "a.csv", rows, head), **said)
        assert_read(dataset, spell_id)
        assert dataset.read_as.startswith("one line a point; header; label: column 4 (label)")


@settings(max_examples=30, deadline=None)
@given(columns=st.permutations(range(5)), seed=st.integers(0, 99))
def test_columns_and_lines_in_any_order(tmp_path_factory, columns, seed):
    rows = [[*row, 20 + int(row[0][1:])] for row in points()]
    rows = [rows[k] for k in np.random.default_rng(seed).permutation(len(rows))]
    head = ["subject", "time", "x", "label", "age"]
    path = tmp_path_factory.mktemp("any") / "a.csv"
    write(path, [[row[k] for k in columns] for row in rows], [head[k] for k in columns])
    dataset = load_dataset(path, label_column="label")
    assert_read(dataset)
    assert "left out: age" in dataset.read_as


def test_days_stay_ids_of_their_hours(tmp_path):
    rows = points(lambda i: f"2024-01-{i + 1:02}")
    dataset = load_dataset(write(tmp_path / "a.csv", rows, ["day", "hour", "x", "label"]))
    assert_read(dataset, lambda i: f"2024-01-{i + 1:02}")


@pytest.mark.parametrize(
    "spell_time",
    [
        lambda t: f"{t + 6}:00",
        lambda t: f"{t + 6:02}:00:00",
        lambda t: f"{t // 4}:{t % 4 * 15:02}:00",
        lambda t: f"{t // 4} days {t % 4 * 6:02}:00:00",
        lambda t: f"-{8 - t} days +12:00:00.500000",
    ],
)
def test_times_of_day_and_spans(tmp_path, spell_time):
    path = write(tmp_path / "a.csv", points(spell_time=spell_time))
    dataset = load_dataset(path, id_column="id", time_column="time", label_column="label")
    assert_read(dataset)
    assert "resampled" not in dataset.read_as


def test_times_of_day_that_pass_midnight_are_refused(tmp_path):
    path = write(tmp_path / "a.csv", points(spell_time=lambda t: f"{(t + 20) % 24}:00"))
    said = {"id_column": "id", "label_column": "label"}
    with pytest.raises(DataError, match=r"^a\.csv: the times of day pass midnight in the series"):
        load_dataset(path, time_column="time", **said)
    assert_read(load_dataset(path, drop="time", **said))


def test_states_of_one_recording_are_no_ids(tmp_path):
    rows = [[t, VALUES.flat[t], t // 20 % 2] for t in range(VALUES.size)]
    for label in ("first", "last"):
        with pytest.raises(DataError):
            load_dataset(
                write(tmp_path / "a.csv", rows, ["time", "x", "state"]), label_column=label
            )


def test_columns_that_are_dropped_are_neither_ids_nor_times(tmp_path):
    rows = [[LABELS[i], *VALUES[i], f"p{i // 3}", f"{8 + i % 3}:00"] for i in range(N_IDS)]
    path = write(tmp_path / "a.csv", rows, ["label", *(f"f{k}" for k in range(8)), "who", "time"])
    with pytest.raises(DataError, match=r"if a line is a series, leave the ids out with drop="):
        load_dataset(path)
    dataset = load_dataset(path, drop="who")
    np.testing.assert_allclose(dataset.series[:, 0], VALUES, rtol=1e-6)
    assert "left out: who, time" in dataset.read_as
