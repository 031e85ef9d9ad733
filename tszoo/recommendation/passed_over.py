"""Say why what is advised is not the first of the ranking."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, takewhile

from tszoo.recommendation.advice import Advice
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.weigh import Choice

_LEARNT = "learnt these very data, so that starting there would be no transfer"
_NO_BETTER = (
    "did well elsewhere, but on your series no better than random filters, by the error of series "
    "left out"
)
_NO_PROBE = "cannot be tried on your series"
_ONE_SERIES = (
    "cannot be judged by a class of one series, where universal bodies serve best on other data"
)


def why_passed_over(advice: Advice, best: Choice) -> str:
    """Say why the sources that stand before the advised one are not what is advised.

    Returns
    -------
    str
        A sentence for each reason; empty if the first source is advised, or none was probed.
    """
    if best.head != "ridge":
        return ""
    before = list(takewhile(lambda source: source.model != best.source, advice.sources))
    reasons = [(_reason(source, best), source) for source in before]
    reasons.sort(key=lambda pair: pair[0])
    sentences = []
    for reason, group in groupby(reasons, key=lambda pair: pair[0]):
        sentences.append(f"{_listed(source for _, source in group)} {reason}.")
    return " ".join(sentences)


def _reason(source: Recommendation, best: Choice) -> str:
    if source.is_target:
        return _LEARNT
    if source.score is None:
        return _NO_PROBE
    if not best.measured:
        return _ONE_SERIES
    return _NO_BETTER


def _listed(sources: Iterable[Recommendation]) -> str:
    """Name sources by their ranks: ``Number 1``, ``Numbers 1, 2 and 3``."""
    ranks = sorted(source.rank for source in sources)
    if len(ranks) == 1:
        return f"Number {ranks[0]}"
    first = ", ".join(map(str, ranks[:-1]))
    return f"Numbers {first} and {ranks[-1]}"
