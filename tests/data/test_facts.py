"""What is known of the archive's data sets."""

import pytest

from tests.support.tiny import make_config, make_model
from tszoo.data import load_dataset
from tszoo.data.ucr.facts import facts_of
from tszoo.data.ucr.kinds import archive_kind
from tszoo.models.card.page import card
from tszoo.models.record import TrainedOn


def test_a_fact_is_told_of_the_very_data_set():
    assert facts_of("GunPoint", 150, 2).about.startswith(
        "Horizontal position of an actor's right hand"
    )
    assert facts_of("Adiac", 176, 37) == (176, 37, "image outline", "")
    for odd in (("Adiac", 175, 37), ("Adiac", 176, 36), ("Nobody", 176, 37)):
        assert facts_of(*odd) is None


def test_all_sets_of_an_archive_are_known(archive):
    for folder in archive.iterdir():
        train = load_dataset(folder.name, split="train", archive=archive)
        assert archive_kind(train.name, train.length, train.n_classes) is not None, train.name


@pytest.mark.parametrize(("name", "kind"), [("ECGFiveDays", None), ("Fungi", "melting curve")])
def test_a_card_says_what_a_source_measures(name, kind):
    classes = tuple(range(18))
    config = make_config(
        members=1, classes=classes, length=201, trained_on=TrainedOn(name, "train", 24, "0" * 64)
    )
    text = card(config, make_model().prototypes, name)
    assert ("| Kind | melting curve |" in text) == (kind is not None)
    assert "\n\n\n" not in text
