"""The pictures and tables of docs/universal.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from draw_universal import FOLDER, MEASURED, PAGE, gains_section, main
from nearest_sets import CHANCE, Share, expected_share, nearest_table, share_of_nearest
from page_blocks import block_of, with_block
from universal_features import feature_distances, single_sets, stage_features
from universal_filters import first_filters, slow_share, spectra

from tests.support.bodies import make_universal
from tests.support.pictures import PNG
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import DataError
from tszoo.similarity.prototypes import Prototypes
from tszoo.zoo.local import add_model
from tszoo.zoo.zoo import Zoo

COMMITTED = ROOT / "docs" / PAGE
MARKS = "".join(
    f"<!-- {name} -->\nold\n<!-- end of {name} -->\n" for name in ("nearest", "slow waves", "gains")
)


def toy(name: str, seed: int, length: int = 24):
    return replace(make_toy(8, length=length, seed=seed), name=name)


def prototypes(seed: int, n: int = 2, length: int = 24) -> Prototypes:
    rng = np.random.default_rng(seed)
    series = tuple(rng.normal(size=(1, length)).astype(np.float32) for _ in range(n))
    return Prototypes(tuple("abc"[:n]), series)


def test_sets_without_prototypes_lie_nowhere():
    """Fungi has one series a class, which no prototype may give away."""
    zoo = Zoo()
    shown = {entry.dataset for entry in single_sets(zoo)}
    assert "Coffee" in shown
    assert "inception.Fungi" in {entry.model for entry in zoo}
    assert "Fungi" not in shown


def test_distances_are_those_of_the_nearest_classes():
    network = make_universal("universalA", [toy("GunPoint", 0)]).networks[0]
    sources = [prototypes(0, 2), prototypes(1, 3), prototypes(2, 2, length=31)]
    matrix = feature_distances(network, sources)
    parts = [stage_features(network, source) for source in sources]
    together = np.concatenate(parts)
    varies = together.std(axis=0) > 1e-6
    scaled = [((part - together.mean(0)) / together.std(0).clip(1e-6))[:, varies] for part in parts]
    for i, some in enumerate(scaled):
        for j, others in enumerate(scaled):
            gaps = [np.sqrt(((x - y) ** 2).mean()) for x in some for y in others]
            assert matrix[i, j] == pytest.approx(min(gaps), abs=1e-6)


def test_shares_are_of_the_sets_that_could_have_such_a_neighbour():
    points = np.array([0.0, 1.0, 1.4, 5.0, 5.5])
    matrix = np.abs(np.subtract.outer(points, points))
    kinds = np.array(list("aabcc"))
    kind, everything = kinds[:, None] == kinds, np.ones((5, 5), dtype=bool)
    assert share_of_nearest(matrix, kind, everything) == Share(3, 4)
    without = everything.copy()
    without[3, 4] = without[4, 3] = False
    assert share_of_nearest(matrix, kind, without) == Share(1, 2)
    assert expected_share(kind, everything) == Share(1, 4)
    assert str(Share(3, 4)) == "3 of 4 (75%)"


def test_kin_are_told_from_sets_of_their_kind():
    names = ["GunPoint", "GunPointAgeSpan", "CricketX", "Coffee"]
    matrix = np.abs(np.subtract.outer([0.0, 1.0, 2.0, 2.5], [0.0, 1.0, 2.0, 2.5]))
    text = nearest_table({"DTW": matrix}, names, ["motion", "motion", "motion", "spectrograph"])
    assert "| DTW | 2 of 2 (100%) | 2 of 3 (67%) | 2 of 3 (67%) |" in text
    assert f"| {CHANCE} | 1 of 2 (50%) |" in text


def test_filters_are_sorted_and_slow_ones_are_told_from_fast_ones():
    network = make_universal("universalA", [toy("GunPoint", 0)]).networks[0]
    assert list(first_filters(network)) == [8, 4, 2]
    assert all((rows**2).sum(1) == pytest.approx(1) for rows in first_filters(network).values())
    waves = np.stack([np.cos(2 * np.pi * f * np.arange(40)) for f in (0.05, 0.3)])
    assert spectra(waves).argmax(axis=1) / 1024 == pytest.approx([0.05, 0.3], abs=0.01)
    assert slow_share(waves[:1]) > 0.9
    assert slow_share(waves[1:]) < 0.1


def test_a_block_is_replaced_and_nothing_else():
    page = "before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n"
    again = with_block(with_block(page, "x", "new"), "x", "newer \\1")
    assert again == "before\n<!-- x -->\n\nnewer \\1\n\n<!-- end of x -->\nafter\n"
    assert block_of(again, "x") == "newer \\1"
    assert block_of(with_block(page, "x", ""), "x") == ""
    with pytest.raises(DataError, match="needs <!-- y --> and <!-- end of y -->, once"):
        with_block(page, "y", "")


@pytest.mark.slow
def test_the_script_draws_any_zoo(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    zoo, out = tmp_path / "zoo", tmp_path / "docs"
    sets = [toy(name, k) for k, name in enumerate(("GunPoint", "Coffee", "Beef"))]
    for dataset in sets:
        add_model(zoo, make_model(dataset, members=1))
    for name in ("universalA", "universalB"):
        add_model(zoo, make_universal(name, sets))
    out.mkdir()
    (out / PAGE).write_text(MARKS)
    main(zoo, out)
    for name in ("map.png", "filters.png"):
        assert (out / FOLDER / name).read_bytes().startswith(PNG)
    page = (out / PAGE).read_text()
    assert "| universal B |" in block_of(page, "nearest")
    assert "| random filters |" in block_of(page, "slow waves")
    assert "old" not in page
    assert "of the same recordings" in capsys.readouterr().out


def test_the_committed_page_has_its_pictures_and_the_gains_that_were_measured():
    page = COMMITTED.read_text(encoding="utf-8")
    for name in ("map.png", "filters.png"):
        assert f"({FOLDER}/{name})" in page
        assert (COMMITTED.parent / FOLDER / name).stat().st_size <= 120 * 1024
    assert "| DTW |" in block_of(page, "nearest")
    assert "| random filters |" in block_of(page, "slow waves")
    assert block_of(page, "gains") == gains_section(MEASURED), "run scripts/draw_universal"
