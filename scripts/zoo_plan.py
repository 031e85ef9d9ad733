"""Reads and makes the plan of the zoo: which models, in which order, trained how.

Run as a script, it writes zoo_plan.csv anew.

The order puts the most useful models first, by what is known without training: what the package's
table of the archive and held_out.csv say. The next one is always the cheapest to train. Its cost is
its number of series times their points. The cost doubles if the plan already has a data set of its
kind, triples if it has two, and so on; it is four times as high if there is no test split to
measure the model by. A joint model counts as a set of the kind "joint", of the mean size of its
data sets. Sources of the 2018 transfer paper's network come last.
"""

from __future__ import annotations

import csv
import itertools
import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tszoo.data.ucr.table import archive_sets, read_sets
from tszoo.errors import OptionError
from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES as RECIPES
from tszoo.zoo.names import is_name, name_for

HERE = Path(__file__).parent
PLAN = HERE / "zoo_plan.csv"
# data sets that the package knows nothing of: it is judged by them
HELD_OUT = HERE / "held_out.csv"
COLUMNS = ("datasets", "architecture", "members", "recipe", "joint")

MEMBERS = 5
UNTESTED = 4  # times as dear
# The zoo began with these, trained to the end: hours on two cores, where the others' recipe takes
# minutes.
CONVERGED = (
    "CBF Chinatown Coffee ECG200 FaceFour GunPoint ItalyPowerDemand MoteStrain SmoothSubspace "
    "SonyAIBORobotSurface1 Symbols SyntheticControl TwoLeadECG"
)
# The network of the 2018 transfer paper, on small sets of several kinds: by its recipe where
# that takes minutes.
FCN_SETS = {
    "paper": "ItalyPowerDemand SonyAIBORobotSurface1 MoteStrain TwoLeadECG",
    "fast": "CBF GunPoint Coffee FaceFour ArrowHead ECG200",
}
# One body learns many data sets. The data sets that are left out are targets to judge it by.
JOINT_SETS = {
    "jointB": "MiddlePhalanxTW DistalPhalanxOutlineAgeGroup DistalPhalanxTW "
    "MiddlePhalanxOutlineAgeGroup ProximalPhalanxOutlineAgeGroup ProximalPhalanxTW "
    "DistalPhalanxOutlineCorrect MiddlePhalanxOutlineCorrect ProximalPhalanxOutlineCorrect "
    "ShapesAll Yoga OSULeaf ECG200 ECG5000 Adiac SwedishLeaf FreezerSmallTrain "
    "FreezerRegularTrain MedicalImages Trace Beef BirdChicken Symbols Coffee BME CBF "
    "SmoothSubspace ItalyPowerDemand SonyAIBORobotSurface1",
    "jointA": "CricketX CricketY CricketZ WordSynonyms FiftyWords Earthquakes FaceFour FacesUCR "
    "FaceAll Fish ChlorineConcentration GunPoint GunPointAgeSpan GunPointMaleVersusFemale "
    "GunPointOldVersusYoung InsectWingbeatSound Ham Herring SyntheticControl ToeSegmentation1 "
    "ShapeletSim ArrowHead DiatomSizeReduction Fungi TwoLeadECG MoteStrain Chinatown",
}


@dataclass(frozen=True)
class Planned:
    """One model of the plan: a source of one data set, or a joint one of several.

    ``joint`` is what several data sets are called together, and empty for one.
    """

    datasets: tuple[str, ...]
    architecture: str
    members: int
    recipe: str
    joint: str = ""

    @property
    def model(self) -> str:
        """What the model is called in a zoo."""
        return name_for(f"{self.architecture}.{self.joint or self.datasets[0]}")


def read_plan(path: Path) -> list[Planned]:
    """Read a plan; OptionError, with the file and the line, for what is not one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = tuple(reader.fieldnames or ())
            if set(columns) != set(COLUMNS) or len(columns) != len(COLUMNS):
                msg = (
                    f"{path}, line 1: columns {', '.join(columns) or '(none)'}; expected "
                    f"{', '.join(COLUMNS)}."
                )
                raise OptionError(msg)
            plan: dict[str, tuple[Planned, int]] = {}
            for row in reader:
                planned = _planned(row, f"{path}, line {reader.line_num}")
                if planned.model in plan:
                    msg = (
                        f"{path}, line {reader.line_num}: {planned.model} stands in line "
                        f"{plan[planned.model][1]} too."
                    )
                    raise OptionError(msg)
                plan[planned.model] = (planned, reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: cannot be read as a plan ({getattr(error, 'strerror', None) or error})."
        raise OptionError(msg) from error
    if not plan:
        msg = f"{path}: plans no model."
        raise OptionError(msg)
    return [planned for planned, _ in plan.values()]


def _planned(row: dict[str | None, str | None], where: str) -> Planned:
    if None in row or None in row.values():
        msg = f"{where}: not {len(COLUMNS)} fields; expected {', '.join(COLUMNS)}."
        raise OptionError(msg)
    text = {column: (row[column] or "").strip() for column in COLUMNS}
    datasets = tuple(text["datasets"].split())
    if not datasets or len(set(datasets)) != len(datasets):
        msg = (
            f"{where}: datasets {text['datasets']!r}: expected a data set, or several different "
            "ones between spaces."
        )
        raise OptionError(msg)
    for name in filter(None, (*datasets, text["joint"])):
        if not is_name(name):
            msg = (
                f"{where}: {name!r} is no name: expected letters, digits, '_' and, between them, "
                "'-' and '.'."
            )
            raise OptionError(msg)
    if (len(datasets) > 1) != bool(text["joint"]):
        msg = (
            f"{where}: {len(datasets)} data set(s), joint {text['joint']!r}: only several have a "
            "name together."
        )
        raise OptionError(msg)
    for column, choices in (("architecture", tuple(ARCHITECTURES)), ("recipe", RECIPES)):
        if text[column] not in choices:
            msg = f"{where}: {column} {text[column]!r}: expected one of {', '.join(choices)}."
            raise OptionError(msg)
    if not (text["members"].isascii() and text["members"].isdigit() and int(text["members"]) > 0):
        msg = f"{where}: members {text['members']!r}: expected a whole number from 1 up."
        raise OptionError(msg)
    return Planned(
        datasets, text["architecture"], int(text["members"]), text["recipe"], text["joint"]
    )


def make_plan() -> list[Planned]:
    """Put all data sets of the archive and the joint models into the order of their use."""
    sets = {**archive_sets(), **read_sets(HELD_OUT)}
    costs = {name: facts.n_series * facts.length for name, facts in sets.items()}
    left: list[tuple[Planned, str, float]] = []
    for name, facts in sets.items():
        recipe = "converged" if name in CONVERGED.split() else "fast"
        cost = costs[name]
        if not facts.has_test:
            cost *= UNTESTED
        left.append((Planned((name,), "inception", MEMBERS, recipe), facts.kind, cost))
    for (joint, names), architecture in itertools.product(
        JOINT_SETS.items(), ("inception", "convtimenet")
    ):
        planned = Planned(tuple(names.split()), architecture, 1, "fast", joint)
        left.append((planned, "joint", statistics.fmean(costs[name] for name in planned.datasets)))
    plan: list[Planned] = []
    kinds: Counter[str] = Counter()

    def price(candidate: tuple[Planned, str, float]) -> tuple[float, str]:
        planned, kind, cost = candidate
        return cost * (1 + kinds[kind]), planned.model

    while left:
        cheapest = min(left, key=price)
        left.remove(cheapest)
        planned, kind, _ = cheapest
        kinds[kind] += 1
        plan.append(planned)
    for recipe, names in FCN_SETS.items():
        plan += [Planned((name,), "fcn", 1, recipe) for name in names.split()]
    return plan


def plan_text(plan: list[Planned]) -> str:
    """Write a plan as ``read_plan`` reads it."""
    rows = [",".join(COLUMNS)]
    rows += [
        f"{' '.join(p.datasets)},{p.architecture},{p.members},{p.recipe},{p.joint}" for p in plan
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PLAN.write_text(plan_text(make_plan()), encoding="utf-8")
    print(f"{PLAN}: {len(make_plan())} models")
