from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
from few.draws import DRAWS, SIZES, Split, draw
from few.methods import METHODS, nearest, universal, untrained
from few.table import Cell, collect, gains_of, measured, summaries, tables
from fewshot import COLUMNS, accuracies_of, main, tasks
from rows import append, read

from tests.support.toys import make_toy


def toy_split(n_series: int = 12) -> Split:
    train, test = make_toy(n_series), make_toy(8, seed=1)
    return Split(train, test, test.with_classes(train.classes).require_labels())


def options_of(archive: Path) -> argparse.Namespace:
    return argparse.Namespace(
        archive=archive, universal=[], features=None, methods=list(METHODS), sets=9, out=archive
    )


def test_draws_hold_one_another_and_have_so_many_a_class() -> None:
    split = toy_split(24)
    labels = split.train.require_labels()
    before: set[int] = set()
    for size in (1, 2, 5, 10):
        drawn = draw(split.train, size, 3)
        assert (np.bincount(labels[drawn]) == size).all()
        assert before < set(drawn.tolist()) <= set(split.drawn().tolist())
        before = set(drawn.tolist())
    assert toy_split(12).sizes() == [1, 2, 5]


def test_the_nearest_is_that_of_distances_between_the_drawn_alone() -> None:
    """What all draws share changes no prediction."""
    split = toy_split()
    drawn = draw(split.train, 2, 0)
    few = Split(split.train.take(drawn), split.test, split.answers)
    alone = nearest(few, options_of(Path()))
    shared = nearest(split, options_of(Path()))
    assert np.array_equal(shared(drawn, 0), alone(np.arange(4), 0))


def test_a_body_is_read_from_the_cache(tmp_path: Path) -> None:
    split, options = toy_split(), options_of(tmp_path)
    options.features = tmp_path
    drawn = draw(split.train, 2, 0)
    first = untrained(split, options)(drawn, 0)
    assert np.array_equal(first, untrained(split, options)(drawn, 0))
    (tmp_path / f"random.{split.name}.npz").rename(tmp_path / f"universal.{split.name}.npz")
    assert np.array_equal(first, universal(split, options)(drawn, 0))


def test_sizes_that_a_class_lacks_stay_empty() -> None:
    cells = accuracies_of(lambda drawn, k: np.zeros(8, dtype=np.int64), toy_split(), 0)
    assert cells == ["0.5000", "0.5000", "0.5000", ""]


def row(name: str, k: int, method: str, *accuracies: float | str) -> tuple[object, ...]:
    return (name, k, method, *accuracies, 0.1)


def test_gains_are_of_the_draws_that_both_have(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    append(
        path,
        COLUMNS,
        [
            row("X", 0, "random body", 0.5, 0.6, 0.7, ""),
            row("X", 1, "random body", 0.9, 0.6, 0.7, ""),
            row("X", 0, "ROCKET", 0.6, 0.6, 0.6, ""),
            row("Y", 0, "random body", 0.5, 0.5, 0.5, 0.5),
        ],
    )
    accuracies = collect(read(path))
    assert accuracies[Cell("X", "random body", 1)] == {0: 0.5, 1: 0.9}
    assert measured(accuracies, ["random body", "ROCKET"], 1) == ["X"]
    assert measured(accuracies, ["random body"], 10) == ["Y"]
    assert gains_of(accuracies, "ROCKET", 1, ["X"]) == pytest.approx([10.0])
    text = tables(accuracies, ["random body", "ROCKET"])
    assert "| ROCKET | 1 | 60.0 | 60.0 | 60.0 |  |" in text
    assert "| random body | 2 | 70.0 | 60.0 | 70.0 |  |" in text
    assert "10 (0 sets)" in text
    both, alone = summaries(accuracies, ["random body", "ROCKET"])
    assert both == text
    assert "1 (2 sets)" in alone
    assert "ROCKET" not in alone


def archive_of_two(folder: Path) -> None:
    """Two of the archive's names, with series of no meaning."""
    rng = np.random.default_rng(0)
    for name in ("Coffee", "GunPoint"):
        (folder / name).mkdir()
        for split in ("TRAIN", "TEST"):
            series = np.column_stack([np.arange(6) % 2 + 1, rng.normal(size=(6, 20))])
            np.savetxt(folder / name / f"{name}_{split}.tsv", series, delimiter="\t")


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch, capsys) -> None:
    archive_of_two(tmp_path)
    out = tmp_path / "rows.csv"
    words = ["fewshot", "--archive", str(tmp_path), "--out", str(out)]
    words += ["--plot", str(tmp_path / "plot.png"), "--methods", "1-NN DTW", "random body"]
    monkeypatch.setattr("sys.argv", words)
    main()
    assert "| 1-NN DTW | 10 |" in capsys.readouterr().out
    rows = read(out)
    assert len(rows) == 2 * 2 * DRAWS
    assert [rows[0][str(size)] == "" for size in SIZES] == [False, False, True, True]
    options = options_of(tmp_path)
    options.out, options.methods = out, ["1-NN DTW", "random body"]
    assert list(tasks(options)) == []
    lines = out.read_text().splitlines()
    out.write_text("\n".join(lines[:-3]) + "\n")
    assert [len(task.draws) for task in tasks(options)] == [3]
