"""Long tables: recordings at even times, cut into windows, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.data.holdout import hold_out
from tszoo.data.readers.points.clock import spell_time
from tszoo.data.stream import stream_dataset
from tszoo.data.table_reading import Like
from tszoo.errors import DataError, OptionError

Row = Sequence[object]
Put = Callable[..., Path]
HEADER = ["who", "when", "x", "y", "state"]
SAYS = {"id_column": "who", "time_column": "when", "label_column": "state"}


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(rows: Sequence[Row], name: str = "a.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
        return path

    return write


def recording(
    who: str, states: str, length: int = 20, times: Sequence[object] | None = None
) -> list[list[object]]:
    """A person's points, so many of each state, whose first channel counts them."""
    n_points = length * len(states)
    at = range(0, 10 * n_points, 10) if times is None else times
    return [[who, at[k], k, -k / 4, states[k // length]] for k in range(n_points)]


def people(n_people: int = 4) -> list[list[object]]:
    return [row for k in range(n_people) for row in recording(f"p{k}", "ab")]


def test_windows_are_cut_within_stretches_of_one_label(put: Put) -> None:
    dataset = load_dataset(put([HEADER, *people()]), window=8, stride=6, **SAYS)
    assert (dataset.n_series, dataset.n_channels, dataset.length) == (24, 2, 8)
    starts = [0, 6, 12, 20, 26, 32]
    assert dataset.series[:6, 0].tolist() == [[*range(start, start + 8)] for start in starts]
    np.testing.assert_array_equal(dataset.series[:, 1], -dataset.series[:, 0] / 4)
    assert [dataset.classes[k] for k in dataset.require_labels()[:6]] == [*"aaabbb"]
    assert dataset.ids == tuple(f"p{k // 6}" for k in range(24))
    assert dataset.spans is not None
    assert dataset.spans[:2] == (("0", "70"), ("60", "130"))
    assert dataset.groups == dataset.ids
    assert dataset.read_as == (
        "one line a point; header; label: column 5 (state); ids: column 1 (who); times: column 2 "
        "(when); channels: columns 3 to 4; windows of 8 points, every 6; groups: the 4 ids; 24 "
        "series of 8 points"
    )
    kept = dataset.take([23, 1])
    assert (kept.groups, kept.spans) == (("p3", "p0"), (dataset.spans[23], dataset.spans[1]))


def test_one_recording_needs_no_ids(put: Put) -> None:
    rows = [[f"2024-03-01 00:00:{k:02}", k, "ab"[k // 30]] for k in range(60)]
    path = put([["stamp", "x", "state"], *rows])
    dataset = load_dataset(path, window=10, label_column="state")
    assert dataset.n_series == 6
    assert dataset.ids is None
    assert dataset.groups is None
    assert dataset.spans is not None
    assert dataset.spans[-1] == ("2024-03-01T00:00:50", "2024-03-01T00:00:59")
    plain = put([["x", "state"], *([row[1], row[2]] for row in rows)], "plain.csv")
    counted = load_dataset(plain, window=10, label_column="state")
    assert counted.sha256 == dataset.sha256
    assert counted.spans is not None
    assert counted.spans[-1] == ("50", "59")
    with pytest.raises(DataError, match=r"window=\.\.\. to cut one recording"):
        load_dataset(path, time_column="stamp", label_column="state")


def test_channels_and_groups_can_be_said(put: Put) -> None:
    rows = [[*row, "m" + str(row[0])[1:] + "x"] for row in people()]
    path = put([[*HEADER, "machine"], *rows])
    for channels in ("y", ["y"], 4):
        dataset = load_dataset(path, window=8, channels=channels, group="machine", **SAYS)
        assert dataset.n_channels == 1
        assert dataset.groups is not None
        assert dataset.groups[0] == "m0x"
        assert "groups: column 6 (machine)" in dataset.read_as
    both = load_dataset(path, window=8, channels="x, y", **SAYS)
    assert both.n_channels == 2
    assert both.groups is not None
    assert np.unique(both.groups, return_inverse=True)[1].tolist() == [k // 4 for k in range(16)]
    with pytest.raises(DataError, match="no column 'z' in the header"):
        load_dataset(path, window=8, channels="x,z", **SAYS)


def test_a_table_of_series_has_groups_too(put: Put) -> None:
    values = np.random.default_rng(0).standard_normal((12, 8)).round(3).tolist()
    rows = [[k // 3, *row, "ab"[k % 2]] for k, row in enumerate(values)]
    path = put([["person", *(f"t{t}" for t in range(8)), "label"], *rows])
    dataset = load_dataset(path, label_column="label", group="person")
    assert dataset.groups == tuple(str(k // 3) for k in range(12))
    assert dataset.length == 8
    assert "groups: column 1 (person)" in dataset.read_as
    train, watched = hold_out(dataset, "group:0.25", 0)
    assert len(set(watched.groups or ())) == 1
    assert not set(watched.groups or ()) & set(train.groups or ())
    shared = hold_out(dataset, "0.25", 0)[1]
    assert shared.groups == watched.groups
    plain = load_dataset(path, label_column="label", drop="person")
    with pytest.raises(DataError, match=r"the series have no groups.*group=\.\.\."):
        hold_out(plain, "group:0.25", 0)


def test_a_group_whose_class_would_be_lost_is_never_held_out(put: Put) -> None:
    dataset = Dataset.from_arrays(np.arange(24.0).reshape(6, 4), list("aabbbb"))
    groups = ("only a", "only a", "b1", "b1", "b2", "b2")
    object.__setattr__(dataset, "groups", groups)
    for seed in range(5):
        assert set(hold_out(dataset, "group:0.9", seed)[1].groups or ()) < {"b1", "b2"}


def uneven(seed: int = 0) -> list[int]:
    """Times of 40 points: one in five is missing."""
    times = np.arange(0, 1000, 20)
    kept = np.random.default_rng(seed).choice(times[1:-1], 38, replace=False)
    return [*sorted(kept.tolist()), 980, 1000]


def test_uneven_times_are_resampled_and_told(put: Put) -> None:
    times = uneven()
    rows = [[name, t, t / 2, -t, name] for name in "ab" for t in times]
    dataset = load_dataset(put([HEADER, *rows]), **SAYS)
    grid = times[0] + 20 * np.arange((times[-1] - times[0]) // 20 + 1)
    np.testing.assert_allclose(dataset.series[0], [grid / 2, -grid], rtol=1e-6)
    assert "; uneven times: 2 of 2 resampled to one point every 20; " in dataset.read_as
    assert dataset.reading is not None
    assert dataset.reading.step == 20


def test_jitter_and_rounding_are_not_resampled(put: Put) -> None:
    rows = [[name, round(16.67 * k), k % 7, k, name] for name in "ab" for k in range(200)]
    dataset = load_dataset(put([HEADER, *rows]), **SAYS)
    assert dataset.series[0, 1].tolist() == list(range(200))
    assert "resampled" not in dataset.read_as


def test_another_step_than_most_is_resampled_and_missing_values_are_bridged(put: Put) -> None:
    fast = [["c", 5 * k, k, "" if k == 3 else k, "a"] for k in range(80)]
    dataset = load_dataset(
        put([HEADER, *people(2), *fast]), **{**SAYS, "id_column": "who"}, window=8
    )
    of_fast = [k for k, name in enumerate(dataset.ids or ()) if name == "c"]
    assert dataset.series[of_fast[0], 0].tolist() == [2.0 * k for k in range(8)]
    assert dataset.series[of_fast[0], 1].tolist() == [2.0 * k for k in range(8)]
    assert "uneven times: 1 of 5 resampled to one point every 10" in dataset.read_as


def test_gaps_are_no_uneven_times(put: Put) -> None:
    times = [*range(0, 100, 10), *range(100_000, 100_300, 10)]
    with pytest.raises(
        DataError, match=r"series 'p': 20 points would be 10010 points .* there are gaps"
    ):
        load_dataset(put([HEADER, *recording("p", "ab", times=times), *people()]), window=8, **SAYS)


def test_a_gap_that_is_bridged_is_told(put: Put) -> None:
    times = [*range(0, 200, 10), *range(700, 900, 10)]
    rows = [*recording("p", "a", length=40, times=times), *people()]
    dataset = load_dataset(put([HEADER, *rows]), window=8, **SAYS)
    assert "one point every 10, across gaps of up to 51 points, where values are" in dataset.read_as


def test_points_without_a_label_and_short_stretches_are_left_out_and_told(put: Put) -> None:
    rows = people()
    for k in range(25, 32):
        rows[k][-1] = ""
    dataset = load_dataset(put([HEADER, *rows]), window=10, **SAYS)
    assert dataset.n_series == 4 * 4 - 2
    assert "7 points without a label left out; " in dataset.read_as
    assert "2 shorter stretches left out; " in dataset.read_as


def test_classes_that_come_from_one_id_each_have_no_groups(put: Put) -> None:
    rows = [*recording("p", "a"), *recording("q", "b")]
    dataset = load_dataset(put([HEADER, *rows]), window=5, **SAYS)
    assert dataset.groups is None
    assert "no groups, for each class comes from one id: left-out figures flatter" in (
        dataset.read_as
    )


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        (
            {"window": 50},
            DataError,
            "window=50, and the longest stretch of one label has 20 points",
        ),
        ({"window": 1}, OptionError, "window must be a whole number from 2 to"),
        ({"stride": 5}, OptionError, r"stride=5 goes with window=\.\.\."),
        (
            {"window": 5, "group": "state"},
            OptionError,
            "group=state: the labels are in that column",
        ),
        ({}, DataError, r"line 22: label 'b', but .* 'p0' began with 'a'\. .* window=\.\.\."),
    ],
)
def test_what_cannot_be_cut(put: Put, said: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_dataset(put([HEADER, *people()]), **{**SAYS, **said})


def test_times_that_are_none(put: Put) -> None:
    rows = people()
    rows[30][1] = "soon"
    with pytest.raises(DataError, match=r"line 32: the time 'soon' is neither a number nor an ISO"):
        load_dataset(put([HEADER, *rows]), window=8, **SAYS)
    with pytest.raises(OptionError, match=r"window=\.\.\. is for tables"):
        load_dataset(put([["@data"]], "a.ts"), window=8)


def test_a_time_is_spelled_as_a_table_writes_it() -> None:
    assert spell_time(1e6 / 3, is_dated=False) == "333333.333333333"
    assert spell_time(0.25, is_dated=True) == "1970-01-01T00:00:00.250"
    assert spell_time(0.000001, is_dated=True) == "1970-01-01T00:00:00.000001"


def test_another_table_is_read_alike(put: Put) -> None:
    rows = people()
    dataset = load_dataset(put([HEADER, *rows]), window=8, stride=6, channels="y", **SAYS)
    like = Like(dataset.reading)
    again = load_dataset(put([HEADER, *rows]), like=like)
    assert again.sha256 == dataset.sha256
    assert again.groups == dataset.groups
    unlabelled = put([row[:-1] for row in [HEADER, *rows]])
    (chunk,) = stream_dataset(unlabelled, like=like)
    assert (chunk.n_channels, chunk.length) == (1, 8)
    assert chunk.spans is not None
    alone = put([row[1:-1] for row in [HEADER, *rows[:20]]])
    (chunk,) = stream_dataset(alone, like=like)
    assert (chunk.n_series, chunk.ids) == (3, None)
    assert load_dataset(put([HEADER, *rows]), like=like, window=5).length == 5
    with pytest.raises(DataError, match="no column 'y' in the header"):
        next(stream_dataset(put([row[:3] for row in [HEADER, *rows]]), like=like))


def test_a_step_is_kept_for_the_next_table(put: Put) -> None:
    like = Like(load_dataset(put([HEADER, *people()]), window=8, **SAYS).reading)
    twice = [[who, t * 2, x, y] for who, t, x, y, _ in people()]
    (chunk,) = stream_dataset(put([HEADER[:-1], *twice]), like=like)
    assert chunk.series[0, 0].tolist() == [k / 2 for k in range(8)]


@pytest.mark.parametrize("label_column", ["first", "last", 3])
def test_series_that_lack_their_labels_are_known_by_their_length(
    put: Put, label_column: str | int
) -> None:
    values = np.random.default_rng(0).standard_normal((12, 6)).round(3).tolist()
    at = {"first": 0, "last": 6, 3: 2}[label_column]
    rows = [[*row[:at], "12"[k % 2], *row[at:]] for k, row in enumerate(values)]
    like = Like(load_dataset(put(rows), label_column=label_column).reading, n_values=6)
    for table in (rows, values):
        (chunk,) = stream_dataset(put(table), like=like)
        np.testing.assert_array_equal(chunk.series[:, 0], np.array(values, dtype=np.float32))
    (unread,) = stream_dataset(put(values), like=Like(n_values=6))
    assert unread.length == 6


@pytest.mark.parametrize("label_column", ["first", "last", "none"])
@pytest.mark.parametrize("header", [["", "0"], ["time", "value"], None])
def test_one_value_beside_an_index_is_a_recording(
    put: Put, header: list[str] | None, label_column: str
) -> None:
    values = [(7 * k) % 30 + 0.5 for k in range(40)]
    rows = [[1821 + k, value] for k, value in enumerate(values)]
    path = put([*([header] if header else []), *rows])
    with pytest.raises(DataError, match=r"a point of .*recording.*window=\.\.\."):
        load_dataset(path, label_column=label_column)
    whole = load_dataset(path, label_column="none", channels=2)
    assert whole.series.tolist() == [[values]]
    windows = load_dataset(path, label_column="none", time_column=1, window=10)
    assert windows.series[:, 0].ravel().tolist() == values


@pytest.mark.parametrize("n_rows", [3, 60])
def test_series_of_one_point_are_points_of_a_recording(put: Put, n_rows: int) -> None:
    rows = [[k % 7 - 0.5, int(k > 40)] for k in range(n_rows)]
    path = put([["data", "label"], *rows])
    for label_column in (2, "last", "label"):
        with pytest.raises(DataError, match=r"one value, in column 1 \('data'\).* window=\.\.\."):
            load_dataset(path, label_column=label_column)
    with pytest.raises(DataError, match=r"column 2 \('label'\) is named as labels are.*drop=2"):
        load_dataset(path, label_column="none")


def test_a_recording_is_cut_where_its_label_changes(put: Put) -> None:
    rows = [[k % 7 - 0.5, "ab"[k > 39]] for k in range(60)]
    path = put([["data", "label"], *rows])
    dataset = load_dataset(path, label_column="label", window=20)
    assert dataset.require_labels().tolist() == [0, 0, 1]
    with pytest.raises(DataError, match="line 42: label 'b', but the recording began with 'a'"):
        load_dataset(path, label_column="label", channels="data")


def test_labels_in_the_only_column_of_values_are_told(put: Put) -> None:
    rows = [[k + 1, (7 * k) % 30 + 0.5] for k in range(40)]
    with pytest.raises(
        DataError,
        match=r"no column is left for values: column 1 left out, .* in column 2.*channels=2",
    ):
        load_dataset(put(rows), label_column="last")


def test_ids_of_one_line_each_make_no_series(put: Put) -> None:
    rows = [[f"p{k}", k, k % 7 - 0.5, "ab"[k % 2]] for k in range(12)]
    path = put([["who", "when", "x", "state"], *rows])
    with pytest.raises(DataError, match=r"each of 12 ids has one line, .* window=\.\.\."):
        load_dataset(path, **SAYS)
