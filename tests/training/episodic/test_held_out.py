"""Data sets are kept for judging by their names alone, with their kin."""

from __future__ import annotations

import pytest

from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import OptionError
from tszoo.training.episodic.held_out import choose_held_out


def sets(*names: str) -> list[Dataset]:
    toy = make_toy(n_series=4, length=8)
    labels = [toy.classes[k] for k in toy.labels]
    return [Dataset.from_arrays(toy.series, labels, name=name) for name in names]


MANY = tuple(f"set {k}" for k in range(30))


def test_a_tenth_of_five_or_more() -> None:
    assert choose_held_out(sets(*MANY[:4]), None) == ()
    assert len(choose_held_out(sets(*MANY[:5]), None)) == 1
    assert len(choose_held_out(sets(*MANY), None)) == 3


def test_the_choice_goes_by_names_and_not_by_their_order() -> None:
    chosen = choose_held_out(sets(*MANY), 4)
    assert len(chosen) == 4
    assert set(choose_held_out(sets(*reversed(MANY)), 4)) == set(chosen)


def test_kin_are_kept_together() -> None:
    names = ("FiftyWords", "Coffee", "WordSynonyms")
    assert choose_held_out(sets(*names), ["WordSynonyms"]) == ("FiftyWords", "WordSynonyms")
    for wanted in (1, 2):
        chosen = set(choose_held_out(sets(*names), wanted))
        assert {"FiftyWords", "WordSynonyms"} <= chosen or chosen == {"Coffee"}


def test_what_cannot_be() -> None:
    with pytest.raises(OptionError, match='held_out="Tea": no data set of that name'):
        choose_held_out(sets("Coffee"), ["Tea"])
    with pytest.raises(OptionError, match="held_out must be from 0 to the number of data sets, 1"):
        choose_held_out(sets("Coffee"), 2)
