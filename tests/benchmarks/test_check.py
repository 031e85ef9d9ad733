"""The bands that ratios of speed are compared with; nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks import check
from benchmarks.check import Band, complaints, read_bands, write_bands

BAND = Band("DTW", 5.0, 20.0, 10.0, "2026-01-31", "x86_64")


def test_a_band_goes_from_half_to_twice_what_was_measured():
    assert Band.around("DTW", 10.00004, "2026-01-31", "x86_64") == BAND


@pytest.mark.parametrize("value", [5.0, 7.3, 20.0])
def test_a_ratio_in_its_band_is_no_complaint(value):
    assert complaints({"DTW": value}, {"DTW": BAND}) == []


def test_each_ratio_outside_its_band_is_one_line():
    ratios = {"low": 4.99, "DTW": 10.0, "high": 20.01, "new": 1.0}
    bands = dict.fromkeys(("low", "DTW", "high"), BAND)
    told = "its band, 5 to 20 (10 on 2026-01-31, x86_64)."
    assert complaints(ratios, bands) == [
        f"low: 4.99 is below {told}",
        f"high: 20.01 is above {told}",
        "new: 1.00, but no band is stored. Run with --update.",
    ]


def test_no_number_is_outside_every_band():
    assert len(complaints({"DTW": float("nan")}, {"DTW": BAND})) == 1


def test_bands_are_read_as_they_were_written(tmp_path):
    bands = [BAND, Band("a, b", 0.5, 2.0, 1.0, "2026-01-31", "x86_64, 2 cores")]
    write_bands(tmp_path / "bands.csv", bands)
    assert read_bands(tmp_path / "bands.csv") == {band.name: band for band in bands}


@pytest.mark.parametrize("text", [None, "name,low\nDTW,1\n", "name,low,high,measured\na,b,c,d\n"])
def test_anything_else_is_refused_in_one_line(text, tmp_path):
    path = tmp_path / "bands.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SystemExit, match=r"bands\.csv: cannot be read as bands .* --update"):
        read_bands(path)


def test_the_committed_bands_are_those_of_all_ratios():
    bands = read_bands(check.BANDS)
    assert bands.keys() == check.PAIRS.keys()
    for band in bands.values():
        assert 0 < band.low < band.measured < band.high


@pytest.mark.parametrize(("value", "status"), [(10.0, 0), (1.0, 1)])
def test_the_status_tells_whether_all_lie_in_their_bands(value, status, tmp_path, monkeypatch):
    path = tmp_path / "bands.csv"
    write_bands(path, [BAND])
    monkeypatch.setattr(check, "measure", lambda: {"DTW": value})
    monkeypatch.setattr("sys.argv", ["check.py", "--bands", str(path)])
    assert check.main() == status
    assert read_bands(path) == {"DTW": BAND}


def test_update_writes_the_bands_anew(tmp_path, monkeypatch):
    path = tmp_path / "bands.csv"
    monkeypatch.setattr(check, "measure", lambda: {"DTW": 4.0})
    monkeypatch.setattr("sys.argv", ["check.py", "--update", "--bands", str(path)])
    assert check.main() == 0
    band = read_bands(path)["DTW"]
    assert (band.low, band.high, band.measured) == (2.0, 8.0, 4.0)


def test_the_search_for_the_nearest_is_that_of_all_distances():
    """Of the embedded zoo, whose universal bodies have no prototypes."""
    pair = check.nearest_sources()
    assert pair.ours() == pair.plain()
