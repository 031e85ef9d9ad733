"""Several classifiers beside each other, against libraries and obvious twins."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.support.results import random_table, reference_tables, table_of
from tszoo.evaluation.cliques import cliques
from tszoo.evaluation.outliers import outliers
from tszoo.evaluation.published import published_results
from tszoo.evaluation.ranks import friedman, ranks
from tszoo.evaluation.read_results import read_results
from tszoo.evaluation.result_files import Wanted
from tszoo.evaluation.results import ResultTable, tabulate
from tszoo.evaluation.standings import stand

TSML = ("HC2", "MR-Hydra", "QUANT", "ROCKET", "InceptionTime", "ResNet", "1NN-DTW", "CNN")


def same_as_libraries(table: ResultTable) -> None:
    """Ranks and Friedman as SciPy's, and each pair as scikit-posthocs has it.

    They rank figures and differences as they are, where here equal ones are brought to one value
    first. So they get figures of six digits, and p may differ a little.
    """
    posthocs = pytest.importorskip("scikit_posthocs")
    standings = stand(table)
    accuracy = table.accuracy.round(6)
    ranked = stats.rankdata(-accuracy, axis=1).mean(axis=0)
    by_name = dict(zip(table.classifiers, ranked, strict=True))
    for standing in standings.classifiers:
        assert standing.mean_rank == pytest.approx(by_name[standing.classifier])
        assert standing.mean == pytest.approx(table.column(standing.classifier).mean())
    statistic, p = stats.friedmanchisquare(*accuracy.T)
    assert standings.friedman == pytest.approx((statistic, p))
    melted = pd.DataFrame(accuracy, columns=table.classifiers).melt()
    wanted = posthocs.posthoc_wilcoxon(
        melted, val_col="value", group_col="variable", p_adjust="holm"
    )
    assert len(standings.pairs) == len(ranked) * (len(ranked) - 1) / 2
    for pair in standings.pairs:
        assert pair.corrected == pytest.approx(wanted.loc[pair.first, pair.second], rel=0.05)
        assert pair.differs == (wanted.loc[pair.first, pair.second] < 0.05)


def test_the_published_table_as_libraries_have_it() -> None:
    same_as_libraries(tabulate(published_results("ucr")))


def test_other_tables_as_libraries_have_them() -> None:
    folder = reference_tables()
    same_as_libraries(read_results([folder / "tsml_default_split.csv"], Wanted(only=TSML)))
    same_as_libraries(read_results([folder / "phit_88.csv"]))


@pytest.mark.parametrize("seed", range(4))
def test_ranks_share_ties(seed: int) -> None:
    table = random_table(30, 5, seed)
    assert ranks(table.accuracy) == pytest.approx(stats.rankdata(-table.accuracy, axis=1))


def test_ranks_take_a_rounded_figure_for_what_it_was() -> None:
    """Published figures are rounded; 5/7 ties with 0.714286, whichever comes first."""
    accuracy = np.array([[5 / 7, 0.714286, 0.8], [0.714286, 5 / 7, 0.6]])
    assert ranks(accuracy).tolist() == [[2.5, 2.5, 1.0], [1.5, 1.5, 3.0]]


@pytest.mark.parametrize("seed", range(6))
def test_cliques_are_the_longest_runs_without_a_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    upper = np.triu(rng.random((n, n)) < 0.35, 1)
    differ = upper | upper.T
    runs = [
        set(range(first, last + 1))
        for first, last in itertools.combinations(range(n), 2)
        if not differ[first : last + 1, first : last + 1].any()
    ]
    longest = [run for run in runs if not any(run < other for other in runs)]
    assert [set(run) for run in cliques(differ)] == longest


def test_wins_ties_and_losses_are_among_all() -> None:
    table = table_of([[0.9, 0.9, 0.5], [0.9, 0.8, 0.7], [0.5, 0.6, 0.7], [0.8, 0.8, 0.8]])
    counts = {s.classifier: (s.wins, s.ties, s.losses) for s in stand(table).classifiers}
    assert counts == {"A": (1, 2, 1), "B": (0, 2, 2), "C": (1, 1, 2)}


def test_the_best_rank_comes_first_and_pairs_follow_that_order() -> None:
    standings = stand(random_table(40, 4))
    names = [standing.classifier for standing in standings.classifiers]
    assert names == ["D", "C", "B", "A"]  # as the table is made
    pairs = [(pair.first, pair.second) for pair in standings.pairs]
    assert pairs == list(itertools.combinations(names, 2))
    assert standings.pairs[2].paired.difference > 0


def test_classifiers_that_are_all_alike() -> None:
    standings = stand(table_of([[0.5, 0.5, 0.5], [0.7, 0.7, 0.7], [1.0, 1.0, 1.0]]))
    assert standings.friedman is None
    assert {pair.corrected for pair in standings.pairs} == {1.0}
    assert standings.cliques == (("A", "B", "C"),)
    assert {standing.mean_rank for standing in standings.classifiers} == {2.0}


def test_two_classifiers_and_one_data_set() -> None:
    standings = stand(table_of([[0.5, 0.6]]))
    assert standings.friedman is None
    assert [standing.mean_rank for standing in standings.classifiers] == [1.0, 2.0]
    assert standings.pairs[0].p == 1.0
    assert standings.cliques == (("B", "A"),)
    assert friedman(ranks(np.array([[0.5, 0.6, 0.7]]))) is None


def test_outliers_lie_beyond_the_fences() -> None:
    rows = [[0.7 + k / 1000, 0.7] for k in range(20)] + [[0.2, 0.7], [0.9, 0.6]]
    found = outliers(table_of(rows), "A", "B")
    assert [outlier.dataset for outlier in found] == ["20", "21"]
    assert found[0].difference == pytest.approx(-0.5)
    assert len(outliers(table_of(rows), "A", "B", most=1)) == 1
    assert outliers(table_of([[0.5, 0.6]]), "A", "B") == []
