from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from tszoo.errors import DataError, OptionError
from tszoo.similarity import (
    Comparison,
    PrototypePool,
    Prototypes,
    dataset_distance,
    distance_matrix,
    search,
)
from tszoo.similarity.comparison import resample
from tszoo.similarity.search import _bounds, _query

FAR = (math.inf, 0)


# what tszoo.similarity calls search is the function
module = sys.modules["tszoo.similarity.search"]


@pytest.fixture(autouse=True, scope="module")
def _bounds_however_few_the_cells():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW_CELLS", 0)
        yield


def slow_cost(a: NDArray[Any], b: NDArray[Any], how: Comparison) -> float:
    """The least cost of all paths, or that cost a step of the shortest of the cheapest paths."""
    if how.length is not None:
        a, b = resample(a, how.length), resample(b, how.length)
    a, b = a.astype(np.float64), b.astype(np.float64)
    n, m = a.shape[1], b.shape[1]
    low, high = (
        (-n, m) if how.window is None else (-how.window - max(0, n - m), how.window + max(0, m - n))
    )
    cells: dict[tuple[int, int], tuple[float, int]] = {}
    for i in range(n):
        for j in range(max(0, i + low), min(m, i + high + 1)):
            ways = [cells.get(at, FAR) for at in ((i - 1, j - 1), (i - 1, j), (i, j - 1))]
            cost, steps = (0.0, 0) if i == j == 0 else min(ways)
            cells[i, j] = cost + float(((a[:, i] - b[:, j]) ** 2).sum()), steps + 1
    cost, steps = cells[n - 1, m - 1]
    return cost / steps if how.normalized else cost


def slow_search(
    target: Prototypes, sources: dict[str, Prototypes], how: Comparison
) -> list[tuple[Any, ...]]:
    rows = []
    for name, source in sources.items():
        pairs = [
            (slow_cost(x, y, how), i, j)
            for i, x in enumerate(target.series)
            for j, y in enumerate(source.series)
        ]
        cost, i, j = min(pairs)
        rows.append((math.sqrt(cost), name, i, j))
    return sorted(rows)


def found_by(
    target: Prototypes, sources: dict[str, Prototypes], how: Comparison, **kwargs: Any
) -> list[tuple[Any, ...]]:
    pool = PrototypePool.of(sources)
    found = search(target, pool, how, **kwargs)
    names = [pool.names[i] for i in found.sources]
    classes = found.target_classes.tolist(), found.source_classes.tolist()
    return list(zip(found.distances.tolist(), names, *classes, strict=True))


def some_prototypes(rng: np.random.Generator, n_channels: int, longest: int) -> Prototypes:
    """Draw noise, walks, steps that make ties, or numbers whose squares leave float32's range."""
    kind, series = rng.integers(4), []
    for _ in range(rng.integers(1, 4)):
        values = rng.standard_normal((n_channels, int(rng.integers(1, longest))))
        if kind == 1:
            values = np.cumsum(values, axis=1)
        if kind == 2:
            values = np.round(values)
        if kind == 3:
            values = values * 10.0 ** rng.integers(-22, 20)
        series.append(values.astype(np.float32))
    return Prototypes(tuple(f"c{k}" for k in range(len(series))), tuple(series))


COMPARISONS = st.builds(
    Comparison,
    window=st.sampled_from([None, None, 0, 1, 3, 30]),
    normalized=st.booleans(),
    length=st.sampled_from([None, None, 1, 2, 17]),
)


@given(
    seed=st.integers(0, 2**32),
    how=COMPARISONS,
    n_channels=st.integers(1, 3),
    top=st.sampled_from([None, 1, 3, 99]),
)
@settings(max_examples=25, deadline=None)
def test_the_search_is_brute_force(
    seed: int, how: Comparison, n_channels: int, top: int | None
) -> None:
    rng = np.random.default_rng(seed)
    target = some_prototypes(rng, n_channels, 20)
    sources = {
        f"s{i}": some_prototypes(rng, n_channels, 20 if i % 3 else 80) for i in rng.permutation(6)
    }
    sources |= {"s1 again": sources["s1"], "itself": target}
    expected = slow_search(target, sources, how)[:top]
    for n_jobs in (None, 3):
        found = found_by(target, sources, how, top=top, n_jobs=n_jobs)
        assert [row[1:] for row in found] == [row[1:] for row in expected]
        assert_allclose([row[0] for row in found], [row[0] for row in expected], rtol=1e-12)


@given(seed=st.integers(0, 2**32), how=COMPARISONS, n_channels=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_no_bound_is_above_the_cost(seed: int, how: Comparison, n_channels: int) -> None:
    rng = np.random.default_rng(seed)
    plain = Comparison(how.window)
    target = some_prototypes(rng, n_channels, 24)
    pool = PrototypePool.of({str(i): some_prototypes(rng, n_channels, 100) for i in range(3)})
    bounds = _bounds(_query(target, pool, plain), None)
    for j in range(len(pool.starts)):
        for i, series in enumerate(target.series):
            cost = slow_cost(series, pool.series(j), plain)
            assert float(bounds[j, i]) <= cost * 1.0001 + 1e-30


def test_bounds_of_waves_are_worth_having() -> None:
    at = np.linspace(0, 1, 200)
    waves = {
        f"w{k}": Prototypes(("c",), (np.sin(2 * np.pi * k * at)[None].astype(np.float32),))
        for k in range(1, 40)
    }
    found = search(waves["w7"], PrototypePool.of(waves), top=1)
    assert (found.sources.tolist(), found.distances.tolist()) == ([6], [0.0])
    assert found.work.pairs == 39
    assert found.work.compared < 20
    assert found.work.computed < found.work.cells / 20


def test_a_thousand_sources_agree_with_every_distance() -> None:
    rng = np.random.default_rng(5)

    def walk() -> NDArray[np.float32]:
        values = np.cumsum(rng.standard_normal((1, int(rng.integers(20, 60)))), axis=1)
        return ((values - values.mean()) / values.std()).astype(np.float32)

    sources = {f"s{i:04d}": Prototypes(("a", "b"), (walk(), walk())) for i in range(1000)}
    target = Prototypes(("a", "b", "c"), (walk(), walk(), walk()))
    every = found_by(target, sources, Comparison())
    assert len(every) == 1000
    for top in (1, 5, 100):
        assert found_by(target, sources, Comparison(), top=top, n_jobs=2) == every[:top]
    for distance, name, i, j in every[::100]:
        assert (distance, i, j) == dataset_distance(target, sources[name])
        assert distance == pytest.approx(
            slow_search(target, {name: sources[name]}, Comparison())[0][0], rel=1e-12
        )


def test_equally_cheap_paths_count_by_the_shortest() -> None:
    flat, longer = np.zeros((1, 3), np.float32), np.zeros((1, 5), np.float32)
    up = np.array([[0, 0, 1]], np.float32)
    # from (0, 0, 0) to (0, 0, 1): cost 1 at the last cell, three steps straight on
    short, step = Prototypes(("a",), (flat,)), Prototypes(("a",), (up,))
    how = Comparison(normalized=True)
    assert dataset_distance(short, step, comparison=how).distance == pytest.approx(3**-0.5)
    assert dataset_distance(step, short, comparison=how).distance == pytest.approx(3**-0.5)
    long = Prototypes(("a",), (longer,))
    assert dataset_distance(long, step, comparison=how).distance == pytest.approx(5**-0.5)


def test_distances_between_all_take_a_comparison() -> None:
    rng = np.random.default_rng(3)
    some = [some_prototypes(rng, 2, 20) for _ in range(4)]
    how = Comparison(window=2, normalized=True, length=12)
    matrix = distance_matrix(some, comparison=how)
    for i in range(4):
        for j in range(4):
            expected = (
                0.0 if i == j else dataset_distance(some[j], some[i], comparison=how).distance
            )
            assert matrix[i, j] == expected
    with pytest.raises(OptionError, match=r"a window \(1\) beside a comparison"):
        distance_matrix(some, 1, comparison=how)


def test_what_cannot_be_searched_is_refused() -> None:
    one = Prototypes(("a",), (np.zeros((1, 4), np.float32),))
    two = Prototypes(("a",), (np.zeros((2, 4), np.float32),))
    pool = PrototypePool.of({"one": one, "two": two})
    with pytest.raises(DataError, match="two: series of 1 and of 2 channels cannot be compared"):
        search(one, pool)
    with pytest.raises(OptionError, match="top must be 1 or more, not 0"):
        search(one, pool.take([0]), top=0)
    assert len(search(one, pool.take([])).sources) == 0
    for value in (np.nan, np.inf, -np.inf):
        hostile = PrototypePool.of({"good": one, "bad": one})
        hostile.values[6] = value
        with pytest.raises(
            DataError, match="bad: prototype of class a: missing or infinite values"
        ):
            search(one, hostile, n_jobs=2)


def test_every_source_is_heard_of() -> None:
    some = {str(i): Prototypes(("a",), (np.full((1, 4), i, np.float32),)) for i in range(6)}
    heard = []
    search(some["0"], PrototypePool.of(some), n_jobs=2, on_source=lambda: heard.append(1))
    assert len(heard) == 6


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("top", [None, 1, 4])
def test_few_pairs_are_compared_outright_with_the_same_answer(window, top, monkeypatch):
    rng = np.random.default_rng(7)

    def some(n: int) -> Prototypes:
        series = (
            rng.normal(size=(2, int(rng.integers(1, 30)))).astype(np.float32) for _ in range(n)
        )
        return Prototypes(tuple(f"c{k}" for k in range(n)), tuple(series))

    target, pool = some(3), PrototypePool.of({f"s{k}": some(1 + k % 4) for k in range(9)})
    seen: list[int] = []
    by_bounds = search(target, pool, Comparison(window), top)
    monkeypatch.setattr(module, "FEW_CELLS", 10**9)
    outright = search(target, pool, Comparison(window), top, on_source=lambda: seen.append(1))
    assert outright.work.computed == outright.work.cells > by_bounds.work.computed
    assert len(seen) == len(pool)
    for field in ("sources", "target_classes", "source_classes"):
        assert getattr(outright, field).tolist() == getattr(by_bounds, field).tolist()
    assert_allclose(outright.distances, by_bounds.distances, rtol=1e-12)
