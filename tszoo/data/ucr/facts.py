"""What is known of some data sets of the UCR archive, for cards.

The kind of measurement, what a series is, a class.

A fact is told only of a data set that has the archive's length and number of classes under the
archive's name.
"""

from __future__ import annotations

from typing import NamedTuple

from tszoo.data.ucr.kinds import archive_kind


class Facts(NamedTuple):
    """One data set of the archive; what its series are only of some."""

    length: int
    n_classes: int
    kind: str
    about: str


_FACTS = {
    "ArrowHead": Facts(
        251,
        3,
        "image outline",
        "Outlines of projectile points, turned into series; the class is the type of point.",
    ),
    "BME": Facts(
        128,
        3,
        "simulated",
        "Simulated series with a bell at the beginning, in the middle or at the end: the three "
        "classes.",
    ),
    "Beef": Facts(
        470,
        5,
        "spectrograph",
        "Spectra of minced beef, pure or adulterated with offal; the class says which.",
    ),
    "BirdChicken": Facts(
        512, 2, "image outline", "Outlines of birds and of chickens, turned into series."
    ),
    "CBF": Facts(
        128,
        3,
        "simulated",
        "Simulated noisy series in three shapes: cylinder, bell and funnel, at varying places.",
    ),
    "Car": Facts(
        577,
        4,
        "image outline",
        "Outlines of cars, turned into series; the class is the type of car.",
    ),
    "Chinatown": Facts(
        24,
        2,
        "traffic",
        "Hourly counts of pedestrians in Chinatown, Melbourne, for one day; weekdays against "
        "weekends.",
    ),
    "Coffee": Facts(286, 2, "spectrograph", "Spectra of coffee, Arabica against Robusta."),
    "DiatomSizeReduction": Facts(
        345,
        4,
        "image outline",
        "Outlines of diatoms (unicellular algae), turned into series; the class is the taxon.",
    ),
    "ECG200": Facts(
        96, 2, "ECG", "Electrocardiograms of one heartbeat, normal against myocardial infarction."
    ),
    "FaceFour": Facts(
        350,
        4,
        "image outline",
        "Outlines of the heads of four people, turned into series; the class is the person.",
    ),
    "Fish": Facts(
        463, 7, "image outline", "Outlines of fish, turned into series; the class is the species."
    ),
    "GunPoint": Facts(
        150,
        2,
        "motion",
        "Horizontal position of an actor's right hand, filmed, who either draws a gun or points "
        "with a finger.",
    ),
    "Herring": Facts(
        512, 2, "image outline", "Outlines of otoliths (ear bones) of herring from two populations."
    ),
    "ItalyPowerDemand": Facts(
        24,
        2,
        "power demand",
        "Italy's electric power demand over a day, hourly; October to March against April to "
        "September.",
    ),
    "Lightning2": Facts(
        637,
        2,
        "sensor",
        "Radio emissions of lightning, recorded by a satellite; the class is the type of "
        "lightning.",
    ),
    "MoteStrain": Facts(
        84,
        2,
        "sensor",
        "Readings of wireless sensor nodes; the class says which of two sensors, humidity or "
        "temperature, read.",
    ),
    "OSULeaf": Facts(
        427, 6, "image outline", "Outlines of leaves, turned into series; the class is the species."
    ),
    "ShapeletSim": Facts(
        500,
        2,
        "simulated",
        "Simulated noise into which one of two short shapes is put at a random place.",
    ),
    "SmoothSubspace": Facts(
        15, 3, "simulated", "Simulated short series, made to test clustering in smooth subspaces."
    ),
    "SonyAIBORobotSurface1": Facts(
        70,
        2,
        "sensor",
        "Acceleration of a walking Sony AIBO robot dog; the class is the surface it walks on.",
    ),
    "SwedishLeaf": Facts(
        128,
        15,
        "image outline",
        "Outlines of leaves, turned into series; the class is the species.",
    ),
    "Symbols": Facts(
        398,
        6,
        "motion",
        "Horizontal movements of people who copy one of six symbols from a screen.",
    ),
    "SyntheticControl": Facts(
        60,
        6,
        "simulated",
        "Simulated control charts: normal, cyclic, with a rising or falling trend, with a shift "
        "up or down.",
    ),
    "ToeSegmentation1": Facts(
        277,
        2,
        "motion",
        "Motion capture of a toe of people who walk, normally or with an abnormal gait.",
    ),
    "Trace": Facts(
        275,
        4,
        "simulated",
        "Simulated readings of a nuclear power plant's instruments; the class is the type of "
        "failure.",
    ),
    "TwoLeadECG": Facts(
        82, 2, "ECG", "Electrocardiograms of one heartbeat; the class is the lead that recorded it."
    ),
    "TwoPatterns": Facts(
        128,
        4,
        "simulated",
        "Simulated noise with two steps, each up or down; the class is the order of the two.",
    ),
    "Wafer": Facts(
        152,
        2,
        "sensor",
        "Sensor readings from the processing of silicon wafers for semiconductors, normal against "
        "abnormal.",
    ),
    "Yoga": Facts(
        426,
        2,
        "image outline",
        "Outlines of two actors in yoga poses, turned into series; the class is the actor.",
    ),
}


def facts_of(dataset: str, length: int, n_classes: int) -> Facts | None:
    """Tell what is known of a data set of that name, length and number of classes.

    None for any other.
    """
    facts = _FACTS.get(dataset)
    if facts is not None and (facts.length, facts.n_classes) == (length, n_classes):
        return facts
    kind = archive_kind(dataset, length, n_classes)
    return None if kind is None else Facts(length, n_classes, kind, "")
