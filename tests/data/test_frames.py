"""One table, whatever it lies in: the same series from text, files and frames."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset
from tszoo.errors import DataError, MissingExtraError, OptionError

pd = pytest.importorskip("pandas")

OPTIONS = {"id": "who", "time": "when", "label": "state", "window": 16, "stride": 8}
SAID = {"id_column": "who", "time_column": "when", "label_column": "state"}
N_PEOPLE, N_POINTS = 4, 60


def long_table(*, dated: bool = True, label: str = "text") -> Any:
    """Points at uneven times, with a gap in a channel and a column that is none."""
    rng = np.random.default_rng(0)
    n_rows = N_PEOPLE * N_POINTS
    steps = rng.choice([20, 20, 20, 33], size=n_rows).reshape(N_PEOPLE, -1)
    times = steps.cumsum(axis=1).ravel()
    labels = {"text": ["run", "walk"], "numbers": [2, 10], "truths": [False, True]}[label]
    table = pd.DataFrame(
        {
            "who": np.repeat([f"p{k}" for k in range(N_PEOPLE)], N_POINTS),
            "when": times,
            "x": rng.standard_normal(n_rows),
            "y": rng.standard_normal(n_rows).astype(np.float32),
            "n": rng.integers(0, 9, n_rows),
            "note": "ok",
            "state": [labels[k // (N_POINTS // 2) % 2] for k in range(n_rows)],
        }
    )
    if dated:
        table["when"] = pd.Timestamp("2024-02-29 23:59:59.5") + pd.to_timedelta(times, unit="ms")
    table.loc[7, "x"] = np.nan
    return table


def as_polars(table: Any) -> Any:
    return pytest.importorskip("polars").DataFrame(
        {name: table[name].to_list() for name in table.columns}, strict=False
    )


def as_arrow(table: Any) -> Any:
    return pytest.importorskip("pyarrow").Table.from_pandas(table, preserve_index=False)


FRAMES: dict[str, Callable[[Any], Any]] = {
    "pandas": lambda table: table,
    "pandas with its index": lambda table: table.set_index(["who", "when"]),
    "pandas with types that may lack values": lambda table: table.convert_dtypes(),
    "pandas with categories": lambda table: table.astype({"who": "category"}),
    "polars": as_polars,
    "pyarrow": as_arrow,
}
FILES: dict[str, Callable[[Any, Path], None]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: (as_arrow(table), table.to_parquet(path))[1],
    ".feather": lambda table, path: (as_arrow(table), table.to_feather(path))[1],
}


@pytest.mark.parametrize("label", ["text", "numbers", "truths"])
@pytest.mark.parametrize("dated", [True, False])
def test_a_long_table_has_one_digest(tmp_path: Path, dated: bool, label: str) -> None:
    table = long_table(dated=dated, label=label)
    expected = Dataset.from_frame(table, **OPTIONS)
    assert expected.n_channels == 3
    for suffix, write in FILES.items():
        path = tmp_path / f"a{suffix}"
        try:
            write(table, path)
        except pytest.skip.Exception:
            continue
        dataset = load_dataset(path, window=16, stride=8, **SAID)
        assert dataset.sha256 == expected.sha256, suffix
        assert dataset.spans == expected.spans
        assert dataset.groups == expected.groups
        assert dataset.reading == expected.reading
        assert dataset.read_as == expected.read_as


@pytest.mark.parametrize("form", FRAMES)
def test_a_long_frame_has_the_digest_of_its_csv(tmp_path: Path, form: str) -> None:
    table = long_table()
    dataset = Dataset.from_frame(FRAMES[form](table), **OPTIONS)
    path = tmp_path / "a.csv"
    table.to_csv(path, index=False)
    text = load_dataset(path, window=16, stride=8, **SAID)
    assert dataset.sha256 == text.sha256
    assert dataset.spans == text.spans
    assert dataset.ids == text.ids


@pytest.mark.parametrize(
    "form", [name for name in FRAMES if "pandas" not in name or name == "pandas"]
)
def test_a_wide_frame_has_the_digest_of_its_csv(tmp_path: Path, form: str) -> None:
    values = np.random.default_rng(0).standard_normal((12, 8))
    table = pd.DataFrame(values, columns=[f"{c}{t}" for c in "xy" for t in range(4)])
    table.insert(0, "label", ["a", "b"] * 6)
    table["person"] = np.arange(12) // 3
    dataset = Dataset.from_frame(FRAMES[form](table), label="label", group="person")
    assert dataset.series.shape == (12, 2, 4)
    path = tmp_path / "a.csv"
    table.to_csv(path, index=False)
    text = load_dataset(path, label_column="label", group="person")
    assert (dataset.sha256, dataset.groups) == (text.sha256, text.groups)
    assert dataset.read_as == text.read_as


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_files_in_columns_are_decided_on_as_text_is(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pyarrow")
    table = long_table(dated=False).iloc[: 2 * N_POINTS]
    table["state"] = np.repeat(["a", "b"], N_POINTS)
    table = table.rename(columns={"state": "label"})
    paths = [tmp_path / f"a{suffix}", tmp_path / "a.csv"]
    FILES[suffix](table, paths[0])
    FILES[".csv"](table, paths[1])
    found, text = [load_dataset(path) for path in paths]
    assert found.sha256 == text.sha256
    assert found.read_as == text.read_as


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_file_in_columns_that_is_none(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"no such thing")
    kind = suffix[1:].capitalize()
    with pytest.raises(DataError, match=rf"^a\{suffix}: cannot be read as a {kind} file"):
        load_dataset(path)
    FILES[suffix](long_table().iloc[:0], path)
    with pytest.raises(DataError, match="the table has no rows"):
        load_dataset(path)
    with pytest.raises(DataError, match="no such file"):
        load_dataset(tmp_path / f"b{suffix}")


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_pyarrow_that_is_missing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"needs pyarrow: pip install \"tszoo\[tables\]\"$"):
        load_dataset(path)


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"id": "whose"}, DataError, "frame: no column 'whose' in the header"),
        ({"window": None, "stride": None}, DataError, "row 30: label 'walk', but .* 'p0' began"),
        ({"label": "when"}, OptionError, "time=when: the labels are in that column"),
        ({"channels": "note"}, DataError, "row 0, 'note': 'ok' is not a number"),
    ],
)
def test_errors_name_the_parameters_of_a_frame(
    said: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Dataset.from_frame(long_table(), **{**OPTIONS, **said})


def test_what_is_no_frame() -> None:
    one = {**OPTIONS, "id": None, "window": None, "stride": None}
    with pytest.raises(DataError, match=r"Pass id=\.\.\., or window="):
        Dataset.from_frame(long_table().drop(columns="who"), **one)
    with pytest.raises(DataError, match="frame: not a frame that can be read"):
        Dataset.from_frame([1, 2, 3])
    with pytest.raises(DataError, match="with names that differ"):
        Dataset.from_frame(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]))
    table = long_table()
    table.loc[3, "when"] = pd.NaT
    with pytest.raises(DataError, match="row 3: no time"):
        Dataset.from_frame(table, **OPTIONS)


def test_many_rows_take_memory_by_their_numbers(tmp_path: Path) -> None:
    """Blocks of text become numbers before the next is read."""
    import tracemalloc

    from tszoo.data.readers import lines

    n_rows = 60_000
    path = tmp_path / "a.csv"
    rows = (f"{k // 600},{k % 600},{k % 7}.5,{k // 600 % 2}\n" for k in range(n_rows))
    path.write_text("id,time,x,label\n" + "".join(rows))
    whole = lines.BLOCK_BYTES
    try:
        lines.BLOCK_BYTES = 1 << 16
        tracemalloc.start()
        dataset = load_dataset(path, id_column="id", time_column="time", label_column="label")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        lines.BLOCK_BYTES = whole
    assert dataset.series.shape == (100, 1, 600)
    assert peak < 150 * n_rows  # a line alone, as text in a list, takes about that
