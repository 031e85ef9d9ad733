"""It is said why what is advised is not the first of the ranking."""

from __future__ import annotations

import numpy as np
import pytest

from tszoo.recommendation.advice import Advice
from tszoo.recommendation.passed_over import why_passed_over
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.weigh import Choice
from tszoo.similarity import Prototypes

PROTOTYPES = Prototypes(("a", "b"), (np.ones((1, 3)), np.zeros((1, 3))))


def source(rank: int, *, is_target: bool = False, score: float | None = 0.5) -> Recommendation:
    return Recommendation(
        rank, f"model{rank}", "Set", 1.0, "a", "b", 10, 2, 30, 0.9, is_target, score=score
    )


def choice(model: str | None, *, measured: bool = True, head: str = "ridge") -> Choice:
    return Choice(model, head, 0.9, measured, "so it is.")


def said(best: Choice, *sources: Recommendation) -> str:
    return why_passed_over(Advice(sources, (best,), PROTOTYPES), best)


def test_nothing_is_said_of_the_first():
    assert said(choice("model1"), source(1), source(2)) == ""


def test_the_fourth_is_explained():
    first = source(1, is_target=True), source(2), source(3, is_target=True)
    assert said(choice("model4"), *first, source(4), source(5)) == (
        "Number 2 did well elsewhere, but on your series no better than random filters, by the "
        "error of series left out. Numbers 1 and 3 learnt these very data, so that starting there "
        "would be no transfer."
    )


def test_an_untrained_body_is_explained_by_all_of_them():
    text = said(choice(None), source(1), source(2), source(3, score=None))
    assert text.startswith("Number 3 cannot be tried on your series. Numbers 1 and 2 did well")


def test_classes_of_one_series_are_explained():
    text = said(choice("model2", measured=False), source(1), source(2))
    assert text.startswith("Number 1 cannot be judged by a class of one series, where universal")


@pytest.mark.parametrize("head", ["softmax"])
def test_of_what_is_trained_nothing_is_said(head):
    assert said(choice("model2", head=head), source(1), source(2)) == ""
