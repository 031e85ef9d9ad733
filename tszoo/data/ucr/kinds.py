"""What the data sets of the UCR archive measure.

By kind, each set's name, length and number of classes.

Source: the archive's own list of its data sets (Dau et al. 2019), in this project's words.
"""

from __future__ import annotations

_SETS = {
    "blood pressure": """
        PigAirwayPressure 2000 52, PigArtPressure 2000 52, PigCVP 2000 52
    """,
    "device": """
        ACSF1 1460 10, Computers 720 2, FreezerRegularTrain 301 2, FreezerSmallTrain 301 2, HouseTwenty 2000 2,
        LargeKitchenAppliances 720 3, PLAID 1344 11, RefrigerationDevices 720 3, ScreenType 720 3,
        SmallKitchenAppliances 720 3
    """,
    "ECG": """
        CinCECGTorso 1639 4, ECG200 96 2, ECG5000 140 5, TwoLeadECG 82 2
    """,
    "EOG": """
        EOGHorizontalSignal 1250 12, EOGVerticalSignal 1250 12
    """,
    "image histogram": """
        MedicalImages 99 10
    """,
    "image outline": """
        Adiac 176 37, ArrowHead 251 3, BirdChicken 512 2, Car 577 4, DiatomSizeReduction 345 4,
        DistalPhalanxOutlineAgeGroup 80 3, DistalPhalanxOutlineCorrect 80 2, DistalPhalanxTW 80 6, FaceAll 131 14,
        FaceFour 350 4, FacesUCR 131 14, FiftyWords 270 50, Fish 463 7, Herring 512 2, MiddlePhalanxOutlineAgeGroup
        80 3, MiddlePhalanxOutlineCorrect 80 2, MiddlePhalanxTW 80 6, MixedShapesSmallTrain 1024 5, OSULeaf 427 6,
        PhalangesOutlinesCorrect 80 2, ProximalPhalanxOutlineAgeGroup 80 3, ProximalPhalanxOutlineCorrect 80 2,
        ProximalPhalanxTW 80 6, ShapesAll 512 60, SwedishLeaf 128 15, WordSynonyms 270 25, Yoga 426 2
    """,
    "insect EPG": """
        InsectEPGRegularTrain 601 3, InsectEPGSmallTrain 601 3
    """,
    "melting curve": """
        Fungi 201 18
    """,
    "motion": """
        AllGestureWiimoteX 385 10, AllGestureWiimoteY 369 10, AllGestureWiimoteZ 326 10, CricketX 300 12, CricketY
        300 12, CricketZ 300 12, GestureMidAirD1 360 26, GestureMidAirD2 360 26, GestureMidAirD3 360 26,
        GesturePebbleZ1 455 6, GesturePebbleZ2 455 6, GunPoint 150 2, GunPointAgeSpan 150 2,
        GunPointMaleVersusFemale 150 2, GunPointOldVersusYoung 150 2, Haptics 1092 5, InlineSkate 1882 7,
        PickupGestureWiimoteZ 361 10, Symbols 398 6, ToeSegmentation1 277 2, UWaveGestureLibraryX 315 8,
        UWaveGestureLibraryY 315 8, UWaveGestureLibraryZ 315 8, Worms 900 5, WormsTwoClass 900 2
    """,
    "power demand": """
        ItalyPowerDemand 24 2
    """,
    "satellite": """
        Crop 46 24
    """,
    "sensor": """
        ChlorineConcentration 166 3, Earthquakes 512 2, Lightning2 637 2, MoteStrain 84 2, SonyAIBORobotSurface1 70
        2, Wafer 152 2
    """,
    "simulated": """
        BME 128 3, CBF 128 3, Mallat 1024 8, ShapeletSim 500 2, SmoothSubspace 15 3, SyntheticControl 60 6, Trace
        275 4, TwoPatterns 128 4
    """,
    "sound": """
        InsectWingbeatSound 256 11, Phoneme 1024 39
    """,
    "spectrograph": """
        Beef 470 5, Coffee 286 2, Ham 431 2, Rock 2844 4, Strawberry 235 2
    """,
    "traffic": """
        Chinatown 24 2, DodgerLoopDay 288 7, DodgerLoopWeekend 288 2, MelbournePedestrian 24 10
    """,
}
_KINDS = {
    (name, int(length), int(n_classes)): kind
    for kind, text in _SETS.items()
    for name, length, n_classes in (one.split() for one in text.split(","))
}


def archive_kind(dataset: str, length: int, n_classes: int) -> str | None:
    """Tell what a data set of the archive measures.

    None for one of another name, length or number of classes.
    """
    return _KINDS.get((dataset, length, n_classes))
