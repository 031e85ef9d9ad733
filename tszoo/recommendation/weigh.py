"""Every way to begin a model for a target, the best first, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tszoo.recommendation.probe import Probe
from tszoo.recommendation.recommendation import Recommendation

# By how much less training all of a network reached than a ridge head on the same body frozen, without a source and from
# one: means over the cases of benchmarks/source_matrix.csv.
TRAINED_WITHOUT_SOURCE = 0.02
TRAINED_FROM_SOURCE = 0.02


@dataclass(frozen=True)
class Start:
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
        Whether that comes from the target's own series, each left out in turn, or from what was found on other data.
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
        By the error of leaving out one series at a time, those that cannot be probed behind; equal ones keep their
        order. Ranked anew, with ``score``, the left-out accuracy, and ``why``.
    """

    def error(one: Recommendation) -> float:
        found = probes[one.model].ridge_error
        return float("inf") if found is None else found

    return [
        replace(one, rank=rank, score=probes[one.model].ridge, why=_why_source(probes[one.model], random))
        for rank, one in enumerate(sorted(ranking, key=error), start=1)
    ]


def weigh_starts(
    ranking: Sequence[Recommendation], probes: Mapping[str, Probe], random: Probe, least_in_class: int
) -> list[Start]:
    """Weigh frozen sources, a frozen untrained body, and training, from the best source and from scratch.

    A source has to earn its place: it comes before the untrained body only if leaving series out says so.

    Parameters
    ----------
    ranking : sequence of Recommendation
        As ``rank_probed`` orders them; those that have learnt the target itself are passed over.
    probes, random
        As for ``rank_probed``.
    least_in_class : int
        Series of the target's smallest class. With one, leaving it out leaves nothing to learn the class from, and no
        source can be told from another.

    Returns
    -------
    list of Start
        The best first.
    """
    told_apart = least_in_class > 1 and random.ridge_error is not None
    own = _untrained(random if told_apart else None)
    usable = [one for one in ranking if not one.is_target and probes[one.model].ridge_error is not None]
    sources = [_frozen(one, probes[one.model] if told_apart else None, random) for one in usable]
    ahead = [
        start
        for one, start in zip(usable, sources, strict=True)
        if told_apart and _error(probes[one.model]) < _error(random)
    ]
    frozen = [*ahead, own, *(start for start in sources if start not in ahead)]
    trained = [_trained(own, None)]
    if sources:
        trained.append(_trained(sources[0], sources[0].source))
    return [*frozen, *trained]


def _error(probe: Probe) -> float:
    return float("inf") if probe.ridge_error is None else probe.ridge_error


def _why_source(probe: Probe, random: Probe) -> str:
    if probe.ridge is None or probe.ridge_error is None:
        return f"it cannot be probed: {probe.problem}"
    if random.ridge is None or random.ridge_error is None:
        return f"its features tell {probe.ridge:.0%} of your series apart when each is left out in turn."
    better = "better than" if probe.ridge_error < random.ridge_error else "no better than"
    return (
        f"its features tell {probe.ridge:.0%} of your series apart when each is left out in turn, {better} an untrained "
        f"network's ({random.ridge:.0%}; error {probe.ridge_error:.3f} against {random.ridge_error:.3f})."
    )


def _frozen(one: Recommendation, probe: Probe | None, random: Probe) -> Start:
    why = "a class has one series only, so no source can be told from another" if probe is None else one.why or ""
    return Start(one.model, "ridge", None if probe is None else probe.ridge, probe is not None, why)


def _untrained(random: Probe | None) -> Start:
    if random is None:
        why = "a class has one series only, so that no source can show that it would help."
        return Start(None, "ridge", None, measured=False, why=why)
    why = f"features of random filters tell {random.ridge:.0%} of your series apart when each is left out in turn."
    return Start(None, "ridge", random.ridge, measured=True, why=why)


def _trained(frozen: Start, source: str | None) -> Start:
    lost = TRAINED_WITHOUT_SOURCE if source is None else TRAINED_FROM_SOURCE
    expected = None if frozen.expected is None else max(0.0, frozen.expected - lost)
    who = "from scratch" if source is None else f"all of {source}"
    why = (
        f"training {who} was {lost:.1%} less accurate than a ridge head on the frozen body, in the mean over data sets of "
        "this size; here nothing was trained to find out."
    )
    return Start(source, "softmax", expected, measured=False, why=why)
