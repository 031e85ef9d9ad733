"""The table of the archive's data sets."""

import re
import subprocess
import sys

import pytest

from tests.support.places import ROOT
from tests.support.tiny import make_config, make_model
from tszoo.data import load_dataset
from tszoo.data.ucr.table import archive_sets, facts_of, is_kin, kin_of, read_sets
from tszoo.models.card.page import card
from tszoo.models.config import TrainedOn

HELD_OUT = ROOT / "scripts" / "held_out.csv"


def test_a_fact_is_told_of_the_very_data_set():
    gun = facts_of("GunPoint", 150, 2)
    assert gun.about.startswith("Horizontal position of an actor's right hand")
    assert (gun.n_series, gun.has_test, gun.kin) == (50, True, "GunPoint")
    adiac = facts_of("Adiac", 176, 37)
    assert (adiac.length, adiac.n_classes, adiac.kind) == (176, 37, "image outline")
    assert (adiac.about, adiac.kin) == ("", "")
    for other in (("Adiac", 175, 37), ("Adiac", 176, 36), ("Nobody", 176, 37)):
        assert facts_of(*other) is None


def test_the_table_is_in_order_and_whole():
    sets = archive_sets()
    assert list(sets) == sorted(sets, key=str.lower)
    assert len(sets) == 115
    for name, facts in sets.items():
        assert facts.dataset == name
        assert min(facts.n_series, facts.length, facts.n_classes - 1) >= 1
        assert facts.kind == facts.kind.strip() != ""
        assert not facts.about or facts.about.endswith(".")
    assert archive_sets() is sets  # read once


def test_the_package_knows_nothing_of_the_sets_that_judge_it():
    held_out = read_sets(HELD_OUT)
    assert len(held_out) == 13
    assert not set(held_out) & set(archive_sets())
    for name, facts in held_out.items():
        assert facts_of(name, facts.length, facts.n_classes) is None


def test_all_sets_of_an_archive_are_known(archive):
    for folder in archive.iterdir():
        train = load_dataset(folder.name, split="train", archive=archive)
        assert facts_of(train.name, train.length, train.n_classes) is not None, train.name


@pytest.mark.parametrize(("name", "kind"), [("ECGFiveDays", None), ("Fungi", "melting curve")])
def test_a_card_says_what_a_source_measures(name, kind):
    classes = tuple(range(18))
    config = make_config(
        members=1, classes=classes, length=201, trained_on=TrainedOn(name, "train", 24, "0" * 64)
    )
    text = card(config, make_model().prototypes, name)
    assert ("| Kind | melting curve |" in text) == (kind is not None)
    assert "\n\n\n" not in text


# the groups, by a rule of names: the twin of the table's column
KIN = (
    r"GunPoint",
    r"\w+Phalanx|Phalanges",
    r"Cricket",
    r"FiftyWords|WordSynonyms",
    r"Face(All|sUCR|Four)",
    r"InsectEPG",
    r"GestureMidAir",
    r"GesturePebble",
    r"(All|Pickup|Shake)GestureWiimote",
    r"Freezer",
    r"ToeSegmentation",
    r"Worms",
    r"UWaveGesture",
    r"Pig",
    r"EOG",
    r"SonyAIBO",
    r"MixedShapes",
    r"NonInvasiveFetal",
    r"SemgHand",
    r"Ford",
    r"ECG(FiveDays|200|5000)|TwoLeadECG",
    r"Lightning",
    r"(Large|Small)Kitchen|Refrigeration|ScreenType|Computers",
    r"Chinatown|MelbournePedestrian|DodgerLoop",
)


def named_alike(name, names):
    group = {name}
    for pattern in KIN:
        if re.match(pattern, name):
            group |= {other for other in names if re.match(pattern, other)}
    return group


def test_kin_are_what_their_names_say():
    every = {**archive_sets(), **read_sets(HELD_OUT)}
    for name in every:
        assert kin_of(name, every) == named_alike(name, every)
    for name in archive_sets():
        assert kin_of(name) == named_alike(name, archive_sets())
    assert kin_of("ToeSegmentation2") == {"ToeSegmentation2"}  # not in the package's table
    assert is_kin("ToeSegmentation2", "ToeSegmentation1", every)


def test_data_of_ones_own_have_no_kin():
    assert kin_of("Mine") == {"Mine"}
    assert is_kin("Mine", "Mine")
    assert not is_kin("Mine", "GunPoint")
    assert not is_kin("Traffic", "Chinatown")  # a group's name is no data set's
    assert is_kin("DodgerLoopDay", "Chinatown")
    assert is_kin("PickupGestureWiimoteZ", "AllGestureWiimoteX")
    assert not is_kin("Adiac", "ArrowHead")  # neither has kin


def test_the_table_costs_little():
    code = "import sys; from tszoo.data.ucr.table import facts_of; facts_of('CBF', 128, 3)\n"
    code += "print([name for name in ('torch', 'numba', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
