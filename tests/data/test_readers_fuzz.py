"""Whatever the bytes are, a reader returns a data set or raises a TszooError."""

import gzip
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tszoo.data import Dataset, load_dataset
from tszoo.data.stream import stream_dataset
from tszoo.errors import TszooError

SUFFIXES = [".tsv", ".txt", ".csv", ".ts", ".arff", ".npz", ".csv.gz"]
fuzz = settings(
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def load_or_complain(path, **options):
    try:
        return load_dataset(path, **options)
    except TszooError as error:
        return str(error)


def survive(path, **options):
    dataset = load_or_complain(path, **options)
    if isinstance(dataset, str):
        assert len(dataset.splitlines()) == 1
        return
    assert isinstance(dataset, Dataset)
    assert not np.isinf(dataset.series).any()
    # what can be loaded can be streamed, and gives as many series
    assert sum(chunk.n_series for chunk in stream_dataset(path, **options)) == dataset.n_series


def npz():
    buffer = io.BytesIO()
    np.savez(buffer, X=np.arange(6.0).reshape(2, 3), y=np.array(["a", "b"]), lengths=[3, 2])
    return buffer.getvalue()


CSV = b'label,t0,t1\n1,0.5,NaN\n"2",,3\n'
VALID = {
    ".tsv": b"1\t0.5\t2\n2\tNaN\t3\n",
    ".txt": b" 1 0.5 2\n 2 1e3 3\n",
    ".csv": CSV,
    ".ts": b"#c\n@timeStamps false\n@equalLength false\n@classLabel true a b\n@data\n"
    b"1,2:3,?:a\n4:5:b\n",
    ".arff": b"@relation x\n@attribute s relational\n@attribute t0 numeric\n"
    b"@attribute t1 numeric\n@end s\n"
    b"@attribute c {a,'b c'}\n@data\n'1,2\\n3,?','b c'\n\"4,5\\n6,7\",a\n",
    ".npz": npz(),
    ".csv.gz": gzip.compress(CSV, mtime=0),
}
options = st.fixed_dictionaries(
    {},
    optional={
        "label_column": st.one_of(
            st.sampled_from(["first", "last", "none", "label", 2, "3", "--3"]), st.text(max_size=3)
        ),
        "unequal": st.booleans(),
    },
)
pieces = st.one_of(
    st.binary(max_size=4),
    st.sampled_from(
        [
            b"\n",
            b"\r",
            b",",
            b";",
            b"\t",
            b":",
            b"'",
            b'"',
            b"\\n",
            b"?",
            b"nan",
            b"inf",
            b"1e999",
            b"-",
            b"@data\n",
            b"{",
            b"}",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\0",
            "\u2028٣é".encode(),
            b" ",
            b"0x1",
            b"1_0",
        ]
    ),
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@fuzz
@given(
    content=st.one_of(st.binary(max_size=60), st.lists(pieces, max_size=30).map(b"".join)),
    own=options,
)
def test_any_bytes(tmp_path, suffix, content, own):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    survive(path, **own)


@pytest.mark.parametrize("suffix", SUFFIXES)
@fuzz
@given(data=st.data(), own=options)
def test_mutated_files(tmp_path, suffix, data, own):
    content = VALID[suffix]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 6))
        content = content[:at] + data.draw(pieces) + content[at + cut :]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    survive(path, **own)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_valid_files_are_valid(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(VALID[suffix])
    assert load_dataset(path).n_series == 2


@fuzz
@given(st.text(max_size=20), st.one_of(st.none(), st.text(max_size=5)))
def test_any_reference(tmp_path, ref, split):
    with pytest.raises((TszooError,)):
        load_dataset(f"{ref}?", split=split, archive=tmp_path)
