"""All figures of a sweep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import PNG, words_of
from tests.support.sweeps import small_sweep
from tests.support.toys import make_toy
from tszoo.errors import DataError
from tszoo.figures import study
from tszoo.figures.critical_difference import plot_critical_difference
from tszoo.figures.node_maps import draw_node_maps
from tszoo.storage.hub_names import own_slugs
from tszoo.study.ask import Design
from tszoo.study.by_value import Point
from tszoo.study.standings import standings
from tszoo.study.tables import write_tables
from tszoo.training.watch.node_record import NodeHistory


def history(n_epochs: int, n_nodes: int = 3) -> NodeHistory:
    epochs = np.arange(2, n_epochs + 2)
    angle = {"layer": np.full((n_epochs, n_nodes), 0.1, dtype=np.float32)}
    return NodeHistory(0, (1, 1), epochs, angle, angle, np.zeros(0, dtype=np.int64), {}, {})


def test_of_two_data_sets_everything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [replace(make_toy(), name="A/B"), replace(make_toy(seed=1), name="A-B")]
    swept = small_sweep(tmp_path / "s", data=data, design=Design(record=True))
    folder = tmp_path / "drawn"
    folder.mkdir()
    study.draw_study(swept, folder)
    write_tables(swept, folder)
    pictures = ["accuracy", "confusion-A-B", "confusion-A-B-2", "critical-difference-depth"]
    pictures += ["curves", "nodes-A-B", "nodes-A-B-2", "seconds"]
    assert sorted(path.stem for path in folder.glob("*.png")) == pictures
    assert all(path.read_bytes().startswith(PNG) for path in folder.glob("*.png"))
    tables = ["accuracy", "confusion-A-B", "confusion-A-B-2", "critical-difference"]
    tables += ["seconds", "validation_accuracy"]
    assert sorted(path.stem for path in folder.glob("*.csv")) == tables
    header, first = (folder / "confusion-A-B.csv").read_text().splitlines()[:2]
    assert (header, first.split(",")[0]) == ("values,true,predicted,count", "depth=1")
    for most in ("MOST_CURVES", "MOST_MATRICES", "MOST_MAPS"):
        monkeypatch.setattr(study, most, 1)
    paged = tmp_path / "paged"
    paged.mkdir()
    study.draw_study(swept, paged)
    further = ["confusion-A-B--2", "confusion-A-B-2--2", "curves--2", "nodes-A-B--2"]
    further += ["nodes-A-B-2--2"]
    assert sorted(path.stem for path in paged.glob("*.png")) == sorted(pictures + further)


def test_files_of_data_sets_have_names_of_their_own() -> None:
    assert own_slugs(["a b", "a-b", "c", "a/b"]) == ["a-b", "a-b-2", "c", "a-b-4"]


@pytest.mark.parametrize("n_sets", [3, 60])
def test_a_diagram_names_its_key_and_values(n_sets: int, tmp_path: Path) -> None:
    points = [
        Point("kernel_lengths", value, f"Set{k}", accuracy, None, 1)
        for value, accuracy in (("[40, 20, 10]", 0.5), ("[8, 4, 2]", 0.7))
        for k in range(n_sets)
    ]
    found = standings(points)["kernel_lengths"]
    told = words_of(
        lambda path: plot_critical_difference(found, path, of="kernel_lengths"), tmp_path / "a.svg"
    )
    for words in ("[40, 20, 10]  2.00", "[8, 4, 2]  1.00"):
        assert words in told
    assert f"kernel_lengths: mean rank on {n_sets} data sets, 1 is the best" in told


def test_of_many_data_sets_none_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty sets have a picture each, and each page says which of how many it is."""
    drawn: dict[str, tuple[list[str], str]] = {}

    def note(panels: dict[str, object], *rest: object, title: str) -> None:
        drawn[Path(str(rest[-1])).stem] = (list(panels), title)

    monkeypatch.setattr(study, "draw_confusions", note)
    matrices = {f"depth={k}": np.eye(2, dtype=np.int64) for k in range(13)}
    found = {f"Set{k}": (matrices, ["a", "b"]) for k in range(60)}
    monkeypatch.setattr(study, "confusions_of", lambda _: found)
    study._draw_confusions(small_sweep(tmp_path / "s"), tmp_path)
    assert len(drawn) == 120
    assert drawn["confusion-Set59"] == (list(matrices)[:12], "Set59, held out, 1 of 2")
    assert drawn["confusion-Set59--2"] == (["depth=12"], "Set59, held out, 2 of 2")


def test_node_maps_have_a_panel_a_run(tmp_path: Path) -> None:
    runs = {"depth=1": history(3), "depth=2": history(0), "depth=3, a=$b$": history(9)}
    runs["depth=4"] = history(1)
    told = words_of(
        lambda path: draw_node_maps(runs, path, title="Nodes of Toy"), tmp_path / "a.svg"
    )
    assert ">Nodes of Toy<" in told
    assert ">depth=1<" in told
    assert ">depth=3<" in told
    assert ">a=$b$<" in told
    assert "depth=2" not in told
    assert ">depth=4<" in told


def test_runs_without_a_change_have_no_map(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one needs two epochs"):
        draw_node_maps({"depth=1": history(0)}, tmp_path / "a.png", title="x")
