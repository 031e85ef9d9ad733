"""Which axis is time: arrays by their layout, frames as what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tszoo import TransferClassifier
from tszoo.data import Dataset, load_dataset
from tszoo.data.layouts import channels_first
from tszoo.errors import DataError, DataWarning, OptionError

N_SERIES, N_POINTS, N_CHANNELS = 4, 10, 3
RIGHT = np.random.default_rng(0).normal(size=(N_SERIES, N_CHANNELS, N_POINTS)).astype(np.float32)
BEHIND = RIGHT.swapaxes(1, 2)
CUT = [series[:, : 5 + i] for i, series in enumerate(RIGHT)]


def multi_index(series: Any) -> Any:
    pd = pytest.importorskip("pandas")
    frames = {f"s{9 - i}": pd.DataFrame(channels.T) for i, channels in enumerate(series)}
    return pd.concat(frames, names=["series", "time"])


def nested(series: Any) -> Any:
    pd = pytest.importorskip("pandas")
    cells = [[pd.Series(channel) for channel in channels] for channels in series]
    return pd.DataFrame(
        {f"c{k}": [row[k] for row in cells] for k in range(N_CHANNELS)},
        index=np.arange(len(cells)) + 7,
    )


def frames(series: Any) -> Any:
    pd = pytest.importorskip("pandas")
    return [pd.DataFrame(channels.T, columns=list("abc")) for channels in series]


FORMS = {"pd-multiindex": multi_index, "nested_univ": nested, "df-list": frames, "np-list": list}


@pytest.mark.parametrize("layout", [None, "NCT"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_other_libraries_is_taken_as_it_is(form: str, layout: str | None) -> None:
    equal = Dataset.from_arrays(FORMS[form](RIGHT), layout=layout)
    assert np.array_equal(equal.series, RIGHT)
    unequal = Dataset.from_arrays(FORMS[form](CUT), layout=layout)
    assert unequal.lengths.tolist() == [5, 6, 7, 8]
    for series, channels in zip(unequal.series, CUT, strict=True):
        assert np.array_equal(series[:, : channels.shape[1]], channels)


@pytest.mark.parametrize("form", ["pd-multiindex", "nested_univ", "df-list"])
def test_frames_of_few_points_are_not_questioned(form: str) -> None:
    short = RIGHT[:, :, :2]
    assert np.array_equal(Dataset.from_arrays(FORMS[form](short), layout="NTC").series, short)


def test_rows_of_an_index_are_ordered_by_time_and_series_as_they_come() -> None:
    frame = multi_index(RIGHT)
    shuffled = frame.groupby(level=0, sort=False).sample(frac=1, random_state=0)
    assert np.array_equal(Dataset.from_arrays(shuffled).series, RIGHT)


def test_a_frame_of_numbers_has_a_series_a_row() -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(RIGHT[:, 0])
    assert np.array_equal(Dataset.from_arrays(table).series, RIGHT[:, :1])


def test_an_index_of_three_levels_is_refused() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.concat({"a": multi_index(RIGHT)})
    with pytest.raises(DataError, match="index of 3 levels, expected two: series and time"):
        Dataset.from_arrays(frame)


def test_channels_of_a_series_that_differ_in_length_are_named() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [np.ones(3), np.ones(3)], "b": [np.ones(3), np.ones(2)]})
    with pytest.raises(DataError, match="X, series 1, channel 1: 2 values, channel 0 has 3"):
        Dataset.from_arrays(frame, name="X")


@pytest.mark.parametrize(
    "given", [BEHIND, list(BEHIND), BEHIND.tolist()], ids=["array", "list", ""]
)
def test_a_layout_says_where_time_is(given: Any) -> None:
    assert np.array_equal(Dataset.from_arrays(given, layout="NTC").series, RIGHT)
    assert Dataset.from_arrays(given, layout="NCT").n_channels == N_POINTS


@pytest.mark.parametrize(
    "given", [BEHIND, list(BEHIND), BEHIND.tolist()], ids=["array", "list", ""]
)
def test_more_channels_than_points_are_questioned(given: Any) -> None:
    expected = (
        'X: series of 10 channels and 3 point.s., as layout="NCT" reads them, or of 3 channel.s. '
        'and 10 points, as layout="NTC" does. They are taken for the former'
    )
    with pytest.warns(DataWarning, match=expected) as warned:
        dataset = Dataset.from_arrays(given, name="X")
    assert len(warned) == 1
    assert dataset.n_channels == N_POINTS


@pytest.mark.parametrize("given", [RIGHT, RIGHT[:, 0], RIGHT[:, :, :3], CUT])
def test_other_shapes_are_not_questioned(given: Any) -> None:
    Dataset.from_arrays(given)


def test_one_point_of_many_channels_is_refused_unless_it_is_meant() -> None:
    column = BEHIND[:, :, :1]
    with pytest.raises(DataError, match=r'10 points, as layout="NTC" does. Nothing can be learnt'):
        Dataset.from_arrays(column)
    assert Dataset.from_arrays(column, layout="NTC").length == N_POINTS
    assert Dataset.from_arrays(column, layout="NCT").n_channels == N_POINTS


def test_a_layout_that_is_none_is_refused(tmp_path: Any) -> None:
    with pytest.raises(OptionError, match="layout must be NCT, NTC or None, not 'CTN'"):
        channels_first(RIGHT, "CTN", "X")
    with pytest.raises(OptionError, match="layout must be"):
        load_dataset(tmp_path / "none.npz", layout="CTN")


def test_a_file_of_arrays_has_a_layout(tmp_path: Any) -> None:
    np.savez(tmp_path / "a.npz", X=BEHIND, y=[0, 1, 0, 1], lengths=[10, 9, 8, 7])
    dataset = load_dataset(tmp_path / "a.npz", layout="NTC")
    assert dataset.lengths.tolist() == [10, 9, 8, 7]
    assert np.array_equal(dataset.series[0], RIGHT[0])
    np.savez(tmp_path / "b.npz", X=BEHIND, y=[0, 1, 0, 1])
    with pytest.warns(DataWarning, match="b.npz: series of 10 channels and 3 point"):
        assert load_dataset(tmp_path / "b.npz").n_channels == N_POINTS


@pytest.mark.parametrize("form", [*FORMS, "numpy3D", "layout"])
def test_the_estimator_takes_them_all(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Dataset] = []

    def finetune(target: Dataset, *_: Any, **__: Any) -> None:
        seen.append(target)

    monkeypatch.setattr("tszoo.transfer.finetune.finetune", finetune)
    layout = "NTC" if form == "layout" else None
    given = {"numpy3D": RIGHT, "layout": BEHIND}.get(form)
    X = FORMS[form](RIGHT) if given is None else given
    TransferClassifier(layout=layout).fit(X, ["a", "b", "a", "b"])
    assert np.array_equal(seen[0].series, RIGHT)
