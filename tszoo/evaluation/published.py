"""Published accuracies on the UCR archive, to stand beside one's own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tszoo.errors import OptionError
from tszoo.evaluation.result_files import Wanted, read_file
from tszoo.evaluation.results import Result

TABLE = Path(__file__).with_name("published_ucr.csv")
# scripts/published_ucr.py writes the table from what these authors released
SOURCE = (
    "accuracies on the archive's own test splits as A. Ismail-Fawaz, M. Devanne, S. Berretti, "
    'J. Weber and G. Forestier released them with "LITE: Light Inception with boosTing tEchniques '
    'for Time Series Classification" (DSAA 2023), https://github.com/MSD-IRIMAS/LITE'
)


def published_results(archive: str, known: Collection[str] = ()) -> list[Result]:
    """Return published accuracies on an archive's own test splits; ``SOURCE`` says whose.

    Parameters
    ----------
    archive : str
        ``"ucr"``: FCN, ResNet, Inception, InceptionTime, LITE, LITETime, ROCKET and MultiROCKET on
        the 128 data sets of 2018.
    known : collection of str
        Classifiers that the published ones are told apart from, by "(published)" behind the name.

    Raises
    ------
    OptionError
        If there are no figures of that archive.
    """
    if archive != "ucr":
        msg = f'published="{archive}": only figures of "ucr" are known.'
        raise OptionError(msg)
    return [
        result._replace(classifier=_told_apart(result.classifier, known))
        for result in read_file(TABLE, Wanted())
    ]


def _told_apart(name: str, known: Collection[str]) -> str:
    if name in known:
        return f"{name} (published)"
    return name
