"""References, splits and chunks: from what a user types to data sets."""

import gzip

import numpy as np
import pytest

from tszoo.data import Dataset, load_dataset, save_dataset
from tszoo.data.load import load_test_split
from tszoo.data.stream import stream_dataset
from tszoo.errors import DataError, OptionError

TRAIN, TEST = "1\t1\t2\n2\t3\t4\n", "2\t5\t6\n1\t7\t8\n1\t9\t9\n"


@pytest.fixture
def folder(tmp_path):
    """A small archive: Both has two splits, Half one."""
    for name, split, text in (
        ("Both", "TRAIN", TRAIN),
        ("Both", "TEST", TEST),
        ("Half", "TRAIN", TRAIN),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{name}_{split}.tsv").write_text(text)
    return tmp_path


def test_folders_and_names(folder):
    for ref, options in (
        (folder / "Both", {}),
        (str(folder / "Both") + "/", {}),
        ("Both", {"archive": folder}),
    ):
        train = load_dataset(ref, **options)
        assert (train.name, train.split, train.n_series) == ("Both", "train", 2)
        assert train.provenance == str(folder / "Both" / "Both_TRAIN.tsv")
        test = load_dataset(ref, split="test", **options)
        assert (test.name, test.split, test.n_series) == ("Both", "test", 3)
        assert load_dataset(ref, default_split="test", **options).split == "test"
        assert load_dataset(ref, default_split="test", split="train", **options).split == "train"


def test_files_with_a_split_in_their_name(folder):
    path = folder / "Both" / "Both_TRAIN.tsv"
    assert (load_dataset(path).name, load_dataset(path).split) == ("Both", "train")
    assert load_dataset(path, default_split="test").split == "train"
    assert load_dataset(path, split="test").n_series == 3


def test_a_plain_file_has_no_splits(tmp_path):
    (tmp_path / "a.tsv").write_text(TRAIN)
    for split in (None, "train", "test"):
        assert load_dataset(tmp_path / "a.tsv", split=split).split is None


def test_the_name_can_be_given(folder):
    assert load_dataset(folder / "Both", name="mine").name == "mine"


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tsv.gz", ".ts", ".arff", ".npz"])
def test_folders_of_every_format(tmp_path, suffix):
    dataset = Dataset.from_arrays([[1, 2], [3, 4]], [1, 2])
    (tmp_path / "X").mkdir()
    save_dataset(dataset, tmp_path / "X" / f"X_TRAIN{suffix}")
    assert load_dataset(tmp_path / "X").sha256 == dataset.sha256


def test_of_several_formats_the_simplest_is_read(folder):
    (folder / "Both" / "Both_TRAIN.arff").write_text("broken")
    (folder / "Both" / "README.md").write_text("# Both\n")
    assert load_dataset(folder / "Both").n_series == 2


def test_a_folder_may_be_called_otherwise(folder):
    (folder / "Both").rename(folder / "renamed")
    assert load_dataset(folder / "renamed").name == "Both"
    assert load_dataset("renamed", archive=folder, split="test").n_series == 3


def test_no_test_split(folder):
    with pytest.raises(DataError, match=r"Half: no test split, only Half_TRAIN\.tsv\.$"):
        load_dataset("Half", archive=folder, split="test")
    with pytest.raises(DataError, match=r"no test split, only Half_TRAIN\.tsv\.$"):
        load_dataset(folder / "Half" / "Half_TRAIN.tsv", split="test")
    (folder / "Both" / "Both_TRAIN.tsv").unlink()
    with pytest.raises(DataError, match=r"no train split, only Both_TEST\.tsv\.$"):
        load_dataset("Both", archive=folder)


def test_no_data(folder):
    with pytest.raises(DataError, match=r"no data here, expected .*_TRAIN\.tsv \(or \.txt, \.csv"):
        load_dataset(folder)
    with pytest.raises(
        DataError,
        match=r"Bth: no such file or folder, and no such data set in .*Did you mean Both\?$",
    ):
        load_dataset("Bth", archive=folder)
    with pytest.raises(
        DataError, match=r"Zzz: no such file or folder, and no such data set in [^?]*\.$"
    ):
        load_dataset("Zzz", archive=folder)
    with pytest.raises(DataError, match="no such data set in"):
        load_dataset("Zzz", archive=folder / "nowhere")
    for ref in ("Both/..", "../x", "a/b"):
        with pytest.raises(DataError, match=r"no data here|no such file or folder"):
            load_dataset(ref, archive=folder / "Both")
    for other in ("A", "B"):
        (folder / f"{other}_TRAIN.tsv").write_text(TRAIN)
    with pytest.raises(DataError, match=r"several data sets \(A, B\)\. Name the file\.$"):
        load_dataset(folder)


def test_splits_that_make_no_sense(folder):
    for options in ({"split": "valid"}, {"default_split": "both"}):
        with pytest.raises(OptionError, match="expected train or test"):
            load_dataset(folder / "Both", **options)


def test_load_test_split(folder):
    assert load_test_split("Half", archive=folder) is None
    assert load_test_split(folder / "Half" / "Half_TRAIN.tsv") is None
    assert load_test_split(folder / "Both" / "Both_TEST.tsv") is None
    for ref in (folder / "Both", folder / "Both" / "Both_TRAIN.tsv"):
        test = load_test_split(ref)
        assert test is not None
        assert (test.split, test.n_series) == ("test", 3)


def test_the_training_split_decides_what_nans_at_the_ends_are(tmp_path):
    def put(split, rows):
        (tmp_path / f"X_{split}.tsv").write_text("\n".join(rows))

    padded, gaps = ["1\t1\t2\tNaN", "2\t1\t2\t3"], ["1\t1\tNaN\t3", "2\t1\t2\t3"]
    put("TRAIN", padded)
    put("TEST", [*padded, *gaps])  # alone it would count as missing values throughout
    assert load_dataset(tmp_path, split="test").lengths.tolist() == [2, 3, 3, 3]
    assert load_dataset(tmp_path / "X_TEST.tsv").lengths.tolist() == [2, 3, 3, 3]
    assert load_dataset(tmp_path, split="test", unequal=False).lengths.tolist() == [3, 3, 3, 3]
    put("TRAIN", gaps)
    put("TEST", padded)  # alone it would count as unequal lengths
    assert load_dataset(tmp_path, split="test").n_missing == 1
    (tmp_path / "X_TRAIN.tsv").unlink()
    assert load_dataset(tmp_path / "X_TEST.tsv").is_unequal


def whole(chunks):
    """All series of a stream, each with its own points."""
    return [
        own[:, :n] for chunk in chunks for own, n in zip(chunk.series, chunk.lengths, strict=True)
    ]


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".ts", ".arff", ".npz", ".csv.gz"])
@pytest.mark.parametrize("kind", ["whole", "unequal", "missing"])
@pytest.mark.parametrize("unequal", [None, True, False])
def test_a_stream_is_the_data_set_in_pieces(tmp_path, monkeypatch, suffix, kind, unequal):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 12))
    if kind == "unequal":
        X[np.arange(12) > rng.integers(3, 14, (40, 1))] = np.nan
        X[0] = 1
    if kind == "missing":
        X[np.arange(12) > 9 + np.arange(40)[:, None] % 4] = np.nan
        X[33, 4] = np.nan  # far behind the first chunk
    path = save_dataset(
        Dataset.from_arrays(X, rng.integers(0, 3, 40), name="x"), tmp_path / f"x{suffix}"
    )
    monkeypatch.setattr("tszoo.data.readers.lines.BLOCK_BYTES", 500)
    monkeypatch.setattr("tszoo.data.stream.CHUNK_VALUES", 60)
    loaded = load_dataset(path, unequal=unequal)
    chunks = list(stream_dataset(path, unequal=unequal))
    assert len(chunks) > 5
    assert all(chunk.labels is None and chunk.name == "x" for chunk in chunks)
    for one, other in zip(whole([loaded]), whole(chunks), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_stream_counts_series_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tszoo.data.stream.CHUNK_VALUES", 4)
    path = tmp_path / "x.csv"
    path.write_text("1,1,2\n" * 7 + "1,?,?\n")
    with pytest.raises(DataError, match="x, series 7: every value is missing"):
        list(stream_dataset(path))


def test_a_stream_refuses_measurements_for_labels(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("".join(f"{k}.5,1,2\n" for k in range(9)))
    with pytest.raises(DataError, match="looks like measurements"):
        list(stream_dataset(path))
    assert next(stream_dataset(path, label_column="none")).length == 3


def test_a_stream_follows_the_training_split(tmp_path):
    (tmp_path / "X_TRAIN.tsv").write_text("1\t1\t2\tNaN\n2\t1\t2\t3")
    (tmp_path / "X_TEST.tsv").write_text("1\t1\t2\tNaN\n2\t1\tNaN\t3")
    assert [own.shape[1] for own in whole(stream_dataset(tmp_path))] == [2, 3]


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_no_chunk_of_a_stream_is_padded_beyond_the_limit(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("tszoo.data.stream.CHUNK_VALUES", 60)
    lengths = [1] * 40 + [25, 2, 25, 70, 3] + [1] * 10
    path = tmp_path / f"x{suffix}"
    if suffix == ".npz":
        np.savez(path, X=np.ones((len(lengths), 70)), lengths=lengths)
    else:
        path.write_text("".join("1" + ",7" * n + "\n" for n in lengths))
    chunks = list(stream_dataset(path, unequal=True))
    assert [n for chunk in chunks for n in chunk.lengths.tolist()] == lengths
    assert all(chunk.series.size <= 60 or chunk.n_series == 1 for chunk in chunks)
    assert [chunk.n_series for chunk in chunks] == [40, 2, 1, 1, 11]


def test_the_memory_of_a_stream_is_bounded(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr("tszoo.data.readers.lines.BLOCK_BYTES", 2**16)
    path = tmp_path / "x.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(200):
            file.write(b"1,0.25,0.5,0.75,1.25,-0.25,-0.5,-0.75,-1.25\n" * 500)
    tracemalloc.start()
    assert sum(chunk.n_series for chunk in stream_dataset(path)) == 100_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22  # the text is 4.4 MB, the numbers 3.2 MB


def test_series_of_any_length_are_wished_for_by_unequal_alone(tmp_path):
    (tmp_path / "X_TRAIN.tsv").write_text("1\t2\t3\n2\t4\tNaN\n")
    (tmp_path / "X_TEST.tsv").write_text("1\t2\t3\n2\t4\t5\n1\t6\tNaN\n")
    for split in ("train", "test"):
        assert not load_dataset(tmp_path / "X_TRAIN.tsv", split=split).any_length
        assert not load_dataset(tmp_path / "X_TRAIN.tsv", split=split, unequal=False).any_length
        assert load_dataset(tmp_path / "X_TRAIN.tsv", split=split, unequal=True).any_length
