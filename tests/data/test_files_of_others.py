"""Files that aeon, sktime and tslearn ship or write: as their own loaders read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.errors import DataError

# path below the package's data, series, channels, least and greatest length, classes
SHIPPED = [
    ("ArrowHead/ArrowHead_TRAIN.ts", 36, 1, 251, 251, 3),
    ("ArrowHead/ArrowHead_TRAIN.tsv", 36, 1, 251, 251, 3),
    ("ArrowHead/ArrowHead_TRAIN.arff", 36, 1, 251, 251, 3),
    ("BasicMotions/BasicMotions_TRAIN.ts", 40, 6, 100, 100, 4),
    ("BasicMotions/BasicMotions_TRAIN.arff", 40, 6, 100, 100, 4),
    ("Covid3Month_disc/Covid3Month_disc_TRAIN.ts", 140, 1, 84, 84, 3),
    ("GunPoint/GunPoint_TRAIN.tsv", 50, 1, 150, 150, 2),
    ("GunPoint/GunPoint_TRAIN.arff", 50, 1, 150, 150, 2),
    ("ItalyPowerDemand/ItalyPowerDemand_TRAIN.ts", 67, 1, 24, 24, 2),
    ("JapaneseVowels/JapaneseVowels_TRAIN.ts", 270, 12, 7, 26, 9),
    ("PickupGestureWiimoteZ/PickupGestureWiimoteZ_TRAIN.ts", 50, 1, 29, 361, 10),
    ("UnitTest/UnitTestTimeStamps_TRAIN.ts", 4, 1, 4, 4, 2),
]
UNLIKE_SERIES = [
    ("Daphnet_S06R02E0/S06R02E0.csv", "rises from line to line"),
    ("UnitTest/ecg-diff-count-3_TRAIN_A.csv", "rises from line to line"),
    ("KDD-TSAD_135/135_UCR_Anomaly_InternalBleeding16_TEST.csv", "rises from line to line"),
    ("solar/solar.csv", "rises from line to line"),
    ("segmentation/GunPoint.csv", "a line has one value, in column 2"),
    ("Airline/Airline.csv", "a line has one value, in column 2"),
    ("Lynx/Lynx.csv", r"a line has one value, in column 2 \('0'\)"),
    ("Longley/Longley.csv", "16 series, 16 classes"),
    ("Covid3Month/Covid3Month_TRAIN.ts", "a regression target"),
]


def data_of(package: Any) -> Path:
    return Path(package.__file__).parent / "datasets" / "data"


def assert_same(dataset: Dataset, X: Sequence[np.ndarray], y: Sequence[Any]) -> None:
    """To the bit of 32-bit numbers; aeon writes class labels in small letters."""
    labels = [str(dataset.classes[k]).lower() for k in dataset.require_labels()]
    assert labels == [str(label).lower() for label in y]
    lengths = [dataset.length] * dataset.n_series
    if dataset.lengths is not None:
        lengths = dataset.lengths.tolist()
    assert lengths == [np.shape(channels)[-1] for channels in X]
    for series, channels in zip(dataset.series, X, strict=True):
        expected = np.atleast_2d(np.asarray(channels, dtype=np.float32))
        np.testing.assert_array_equal(series[:, : expected.shape[1]], expected)


@pytest.mark.parametrize(
    ("file", "n_series", "n_channels", "least", "greatest", "n_classes"), SHIPPED
)
def test_what_aeon_ships(
    file: str, n_series: int, n_channels: int, least: int, greatest: int, n_classes: int
) -> None:
    aeon = pytest.importorskip("aeon")
    datasets = pytest.importorskip("aeon.datasets")
    path = data_of(aeon) / file
    dataset = load_dataset(path)
    assert (dataset.n_series, dataset.n_channels) == (n_series, n_channels)
    assert dataset.n_classes == n_classes
    load = getattr(datasets, f"load_from{path.suffix.replace('.', '_')}_file")
    X, y = load(str(path))
    assert_same(dataset, X, y)
    lengths = {channels.shape[-1] for channels in X}
    assert (min(lengths), max(lengths)) == (least, greatest)


@pytest.mark.parametrize(("file", "message"), UNLIKE_SERIES)
def test_what_aeon_ships_for_other_tasks_is_refused(file: str, message: str) -> None:
    aeon = pytest.importorskip("aeon")
    with pytest.raises(DataError, match=message):
        load_dataset(data_of(aeon) / file)


def test_what_sktime_ships() -> None:
    sktime = pytest.importorskip("sktime")
    loaders = pytest.importorskip("sktime.datasets")
    path = data_of(sktime) / "PLAID" / "PLAID_TRAIN.ts"
    X, y = loaders.load_from_tsfile(str(path), return_data_type="nested_univ")
    dataset = load_dataset(path)
    assert_same(dataset, [series.to_numpy() for series in X["dim_0"]], y)
    in_memory = Dataset.from_arrays(X, y)
    np.testing.assert_array_equal(in_memory.series, dataset.series)


def test_what_tslearn_ships() -> None:
    """Its arrays have time before channels, which is asked about."""
    tslearn = pytest.importorskip("tslearn")
    path = Path(tslearn.__file__).parent / ".cached_datasets" / "Trace.npz"
    with pytest.raises(DataError, match='275 points, as layout="NTC" does'):
        load_dataset(path)
    train = load_dataset(path, layout="NTC")
    with np.load(path) as stored:
        np.testing.assert_array_equal(
            train.series[:, 0], stored["X_train"][:, :, 0].astype(np.float32)
        )
        assert [train.classes[k] for k in train.require_labels()] == stored["y_train"].tolist()


X = np.random.default_rng(0).standard_normal((6, 2, 5))
X[0, 0, 1] = np.nan
Y = np.array(list("ababab"))
CASES = {
    "several channels": X,
    "one channel": X[:, :1],
    "unequal lengths": [channels[:, : 3 + i % 3] for i, channels in enumerate(X)],
}


@pytest.mark.parametrize("case", CASES)
def test_what_aeon_writes(case: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("aeon.datasets")
    options = {"path": str(tmp_path), "problem_name": "a", "header": "recorded\non a Monday"}
    datasets.save_to_ts_file(CASES[case], Y, label_type="classification", **options)
    (path,) = tmp_path.rglob("*.ts")
    assert_same(load_dataset(path), list(CASES[case]), Y)


def test_what_aeon_writes_without_labels(tmp_path: Path) -> None:
    datasets = pytest.importorskip("aeon.datasets")
    datasets.save_to_ts_file(X, path=str(tmp_path), problem_name="a")
    (path,) = tmp_path.rglob("*.ts")
    dataset = load_dataset(path)
    assert dataset.labels is None
    np.testing.assert_array_equal(dataset.series, X.astype(np.float32))


@pytest.mark.parametrize("case", ["several channels", "one channel"])
def test_what_sktime_writes(case: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("sktime.datasets")
    datasets.write_panel_to_tsfile(CASES[case], path=str(tmp_path), target=Y, problem_name="a")
    (path,) = tmp_path.rglob("*.ts")
    assert_same(load_dataset(path), list(CASES[case]), Y)


@pytest.mark.parametrize("label_column", ["none", "first", "last"])
@pytest.mark.parametrize("shape", [(12, 8, 2), (5, 4, 3), (4, 2, 2), (6, 1, 3)])
def test_channels_that_tslearn_writes_are_no_ids(
    shape: tuple[int, int, int], label_column: str, tmp_path: Path
) -> None:
    """A line is a series: each channel's values between spaces, and bars between channels."""
    series = np.random.default_rng(0).standard_normal(shape)
    lines = ["|".join(" ".join(map("{:.18e}".format, c)) for c in each.T) for each in series]
    for mark in (" ", ","):
        path = tmp_path / "a.txt"
        path.write_text("\n".join(lines).replace(" ", mark) + "\n")
        with pytest.raises(DataError, match=r'line 1: "\|" .* tslearn.* layout="NTC"'):
            load_dataset(path, label_column=label_column)
    np.savez(tmp_path / "a.npz", X=series, y=np.arange(len(series)) % 2)
    advised = load_dataset(tmp_path / "a.npz", layout="NTC")
    np.testing.assert_array_equal(advised.series, series.transpose(0, 2, 1).astype(np.float32))


def test_what_tslearn_writes(tmp_path: Path) -> None:
    utils = pytest.importorskip("tslearn.utils")
    series = np.random.default_rng(0).standard_normal((12, 8, 1))
    path = tmp_path / "a.txt"
    utils.save_time_series_txt(str(path), series)
    dataset = load_dataset(path, label_column="none")
    np.testing.assert_array_equal(dataset.series[:, 0], series[:, :, 0].astype(np.float32))
    utils.save_time_series_txt(str(path), np.tile(series, (1, 1, 2)))
    with pytest.raises(DataError, match=r"channels of tslearn's save_time_series_txt"):
        load_dataset(path, label_column="none")


def test_bars_in_labels_and_ids_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{k % 2}|1,{k}.5,{k * k}.25,3\n" for k in range(12)))
    assert load_dataset(path).classes == ("0|1", "1|1")
    path.write_text("".join(f"{k}|1,{k}.5,{k * k}.25,3\n" for k in range(12)))
    named = load_dataset(path, label_column="none", id_column=1)
    assert named.ids == tuple(f"{k}|1" for k in range(12))


ORDERS = {
    "channel by channel": lambda row: (row[2], row[0], row[1]),
    "series by series": lambda row: (row[0], row[2], row[1]),
    "time by time": lambda row: row,
}


@pytest.mark.parametrize("n_series", [1, 12, 100])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("names", [("dim_0", "dim_1", "dim_2"), (0, 1, 2)])
def test_long_form_of_sktime_is_no_series_of_its_columns(
    names: Sequence[object], order: str, n_series: int, tmp_path: Path
) -> None:
    shape = n_series, 10, 3
    values = np.random.default_rng(0).standard_normal(shape).round(4)
    rows = sorted(np.ndindex(shape), key=ORDERS[order])
    lines = [f"{c},{t},{names[d]},{values[c, t, d]}" for c, t, d in rows]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["case_id,reading_id,dim_id,value", *lines]) + "\n")
    advice = r"line a point and channel: .*reading_id.*dim_id.*case_id.*df\.pivot\(index="
    for label_column in ("none", "first", "last"):
        with pytest.raises(DataError):
            load_dataset(path, label_column=label_column)
    with pytest.raises(DataError, match=advice):
        load_dataset(path, label_column="none")
    with pytest.raises(DataError, match=advice):
        load_dataset(path, label_column="none", id_column="case_id", time_column="reading_id")


def test_what_the_advice_on_the_long_form_gives(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    values = np.random.default_rng(0).standard_normal((12, 10, 3)).astype(np.float32)
    rows = [(*at, values[at]) for at in np.ndindex(values.shape)]
    names = ["case_id", "reading_id", "dim_id", "value"]
    long = pandas.DataFrame(rows, columns=names)
    wide = long.pivot(index=names[:2], columns="dim_id", values="value").reset_index()
    wide.to_csv(tmp_path / "a.csv", index=False)
    says = {"id_column": "case_id", "time_column": "reading_id"}
    dataset = load_dataset(tmp_path / "a.csv", label_column="none", **says)
    np.testing.assert_array_equal(dataset.series, values.transpose(0, 2, 1))


@pytest.mark.parametrize("n_series", [12, 100])
def test_signals_of_two_levels_in_the_long_form_stay_series(n_series: int, tmp_path: Path) -> None:
    """Each time comes again at both levels, and yet ids and times tell lines apart."""
    values = np.random.default_rng(0).integers(0, 2, (n_series, 20))
    rows = [f"{c},{t},{values[c, t]},{'ab'[c % 2]}" for c, t in np.ndindex(values.shape)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,time,value,kind", *rows]) + "\n")
    dataset = load_dataset(path, label_column="kind")
    assert dataset.series[:, 0].tolist() == values.tolist()
