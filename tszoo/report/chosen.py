"""What a report says of a plan: what was weighed, what beat what, and why."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.report.facts import Facts
from tszoo.text import one_line
from tszoo.transfer.page import level, members, recipe
from tszoo.transfer.plan import Plan
from tszoo.transfer.planned import Considered

UNKNOWN = "–"
# Of a large zoo, the farther sources say little.
MOST_SOURCES = 20


@dataclass(frozen=True)
class Chosen:
    """What was decided before a model was made.

    Attributes
    ----------
    decided : list of (str, str)
        What, and why.
    sources : list of tuple of str
        Sources that were looked at, the best first: name, what it has learnt, left-out error,
        left-out accuracy, distance, and what became of it.
    n_more : int
        How many others were looked at.
    others : list of tuple of str
        Other ways that were weighed, and the accuracy to expect of each.
    """

    decided: Facts
    sources: list[tuple[str, ...]]
    n_more: int
    others: list[tuple[str, str]]


def chosen(plan: Plan) -> Chosen:
    """Say what a plan weighed, and what it decided."""
    taken = {source.name for source in plan.sources}
    shown = plan.considered[:MOST_SOURCES]
    return Chosen(
        _decided(plan),
        [_source(source, taken) for source in shown],
        len(plan.considered) - len(shown),
        [(one_line(other.what), _number(other.expected)) for other in plan.alternatives],
    )


def _decided(plan: Plan) -> Facts:
    """Say what was decided and why, as the plan's page does."""
    ensemble, reasons = plan.ensemble, plan.reasons
    what = {"members": members(ensemble), "recipe": recipe(ensemble), "level": level(ensemble)}
    facts = [("Where to start", reasons.get("source", ""))]
    facts += [
        (name.capitalize(), f"{words}: {reasons[name]}" if name in reasons else words)
        for name, words in what.items()
        if words
    ]
    return [(name, one_line(words)) for name, words in facts if words]


def _source(source: Considered, taken: set[str]) -> tuple[str, ...]:
    fate = ""
    if source.model in taken:
        fate = "taken"
    elif source.is_target:
        fate = "has learnt these very data"
    numbers = map(_number, (source.error, source.score, source.distance))
    return (source.model, source.dataset, *numbers, fate)


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"
