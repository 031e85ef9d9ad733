"""Every way to begin a model for a target, the best first, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tszoo.recommendation.probe import Probe
from tszoo.recommendation.recommendation import Recommendation

# By how much less training all of a network reached than a ridge head on the same body left as it
# is, without a source and from one: means over the cases of benchmarks/source_matrix.csv.
TRAINED_FROM_SCRATCH = 0.015
TRAINED_FROM_SOURCE = 0.019
_ONE_SERIES = "a class has one series only, so that nothing tells which source would help."


@dataclass(frozen=True)
class Choice:
    """One way to begin: a source or none, and what is put on it.

    Attributes
    ----------
    source : str or None
        A model's name; None for an untrained body.
    head : {"ridge", "softmax"}
        A ridge classifier on the frozen body, or training all of it.
    expected : float or None
        Accuracy to expect on new series; None where nothing says.
    measured : bool
        Whether that comes from the target's own series, each left out in turn, or from what was
        found on other data.
    why : str
        One sentence.
    """

    source: str | None
    head: str
    expected: float | None
    measured: bool
    why: str


def rank_probed(
    ranking: Sequence[Recommendation], probes: Mapping[str, Probe], random: Probe
) -> list[Recommendation]:
    """Order sources by how well their frozen features tell the target's classes apart.

    Parameters
    ----------
    ranking : sequence of Recommendation
        From nearest to farthest.
    probes : mapping of str to Probe
        By model.
    random : Probe
        Of the untrained body, which the sentences compare with.

    Returns
    -------
    list of Recommendation
        By the error of leaving out one series at a time, those that cannot be probed behind; equal
        ones keep their order. Ranked anew, with ``score``, the left-out accuracy, and ``why``.
    """
    return [
        replace(
            one,
            rank=rank,
            score=probes[one.model].ridge,
            why=_why_source(probes[one.model], random),
        )
        for rank, one in enumerate(
            sorted(ranking, key=lambda one: _error(probes[one.model])), start=1
        )
    ]


def weigh_choices(
    ranking: Sequence[Recommendation],
    probes: Mapping[str, Probe],
    random: Probe,
    least_in_class: int,
    *,
    sources_only: bool = False,
) -> list[Choice]:
    """Weigh frozen sources, a frozen untrained body, and training, from the best source and from scratch.

    A source has to earn its place: it comes before the untrained body only if leaving series out
    says so.

    Parameters
    ----------
    ranking : sequence of Recommendation
        As ``rank_probed`` orders them; those that have learnt the target itself are passed over.
    probes, random
        As for ``rank_probed``.
    least_in_class : int
        Series of the target's smallest class. With one, leaving it out leaves nothing to learn the
        class from, and no source can be told from another.
    sources_only : bool
        Whether doing without a source is no choice.

    Returns
    -------
    list of Choice
        The best first; empty if there is nothing to start from.
    """
    told_apart = least_in_class > 1 and random.ridge_error is not None
    usable = [one for one in ranking if not one.is_target and probes[one.model].ridge is not None]
    sources = [_frozen(one, probes[one.model].ridge if told_apart else None) for one in usable]
    trained = [_trained(one) for one in sources[:1]]
    if sources_only:
        return [*sources, *trained]
    better = sum(told_apart and _error(probes[one.model]) < _error(random) for one in usable)
    untrained = _untrained(random.ridge if told_apart else None)
    # by what each may be expected to reach; where that is the same, or nothing says, scratch first
    by_estimate = sorted([_trained(untrained), *trained], key=lambda way: -(way.expected or 0.0))
    return [*sources[:better], untrained, *sources[better:], *by_estimate]


def choose_nearest(ranking: Sequence[Recommendation]) -> list[Choice]:
    """Begin as published.

    Train on from the nearest source that has not learnt the target itself.
    """
    return [
        Choice(one.model, "softmax", None, False, one.why or "")
        for one in ranking
        if not one.is_target
    ]


def _error(probe: Probe) -> float:
    return float("inf") if probe.ridge_error is None else probe.ridge_error


def _why_source(probe: Probe, random: Probe) -> str:
    if probe.ridge is None or probe.ridge_error is None:
        return f"it cannot be probed: {probe.problem}"
    found = f"it gets {probe.ridge:.0%} of your series right, each left out in turn"
    if random.ridge is None or random.ridge_error is None:
        return f"{found}."
    return (
        f"{found} (error {probe.ridge_error:.3f}; random filters {random.ridge:.0%}, "
        f"{random.ridge_error:.3f})."
    )


def _frozen(one: Recommendation, expected: float | None) -> Choice:
    return Choice(
        one.model,
        "ridge",
        expected,
        expected is not None,
        _ONE_SERIES if expected is None else one.why or "",
    )


def _untrained(expected: float | None) -> Choice:
    why = _ONE_SERIES
    if expected is not None:
        why = f"random filters get {expected:.0%} of your series right, each left out in turn."
    return Choice(None, "ridge", expected, expected is not None, why)


def _trained(frozen: Choice) -> Choice:
    source, lost = (
        frozen.source,
        TRAINED_FROM_SCRATCH if frozen.source is None else TRAINED_FROM_SOURCE,
    )
    expected = None if frozen.expected is None else max(0.0, frozen.expected - lost)
    why = (
        "not tried on your series: on other small training sets, training "
        f"{'from scratch' if source is None else 'on'} was {lost:.1%} less accurate than a ridge "
        "head on the body left as it is."
    )
    return Choice(source, "softmax", expected, False, why)
