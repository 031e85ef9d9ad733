"""Weigh every way to begin a model for a target: the best first, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tszoo.recommendation.prior import Worth, posterior_log_errors, weight_of_probe, worths
from tszoo.recommendation.probe import Probe
from tszoo.recommendation.recommendation import Recommendation
from tszoo.text import counted

# How much less accurate training all of a network was than a ridge head on the same body left as it
# is, without a source and from one: means over the cases of benchmarks/source_matrix.csv.
TRAINED_FROM_SCRATCH = 0.015
TRAINED_FROM_SOURCE = 0.019
# Gains or losses elsewhere that are smaller than this share of the error are not worth a word.
WORTH_A_WORD = 0.02
_ONE_SERIES = "a class has one series only, so that nothing tells which source would help."
_ONE_GROUP = "a class comes from one group only, so that nothing tells which source would help."
# benchmarks/fewshot.csv, means over 68 data sets
_UNIVERSAL = (
    "a class has one series only, so that your series cannot tell which source would help; on "
    "other data with one series a class, universal bodies got 59% right and random filters 57%."
)


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
        Whether ``expected`` comes from the target's own series, each left out in turn, and not from
        what was found on other data.
    why : str
        One sentence.
    """

    source: str | None
    head: str
    expected: float | None
    measured: bool
    why: str


def rank_probed(
    ranking: Sequence[Recommendation],
    probes: Mapping[str, Probe],
    random: Probe,
    least_in_class: int = 2,
) -> list[Recommendation]:
    """Order sources by how well their frozen features tell the target's classes apart.

    The fewer series the target has, the more it counts what sources did elsewhere: see
    ``tszoo.recommendation.prior.posterior_log_errors``.

    Parameters
    ----------
    ranking : sequence of Recommendation
        From nearest to farthest.
    probes : mapping of str to Probe
        By model.
    random : Probe
        Of the untrained body, which the sentences compare with.
    least_in_class : int
        Series of the target's smallest class. If that is one, only what sources did elsewhere
        counts.

    Returns
    -------
    list of Recommendation
        Those that cannot be probed come last, and equal ones keep their order. Each has its new
        rank, ``score`` and ``error`` of the left-out series, ``elsewhere``, and ``why``.
    """
    elsewhere = worths()
    errors = {
        model: probe.ridge_error for model, probe in probes.items() if probe.ridge_error is not None
    }
    weight = weight_of_probe(random.n_series, least_in_class)
    expected = posterior_log_errors(errors, weight, elsewhere)
    by_error = sorted(ranking, key=lambda source: expected.get(source.model, float("inf")))
    ranked = []
    for rank, source in enumerate(by_error, start=1):
        probe, worth = probes[source.model], elsewhere.get(source.model)
        gain = None
        if worth is not None:
            gain = worth.gain
        why = _why_source(probe, random) + _why_elsewhere(worth)
        scored = replace(source, rank=rank, score=probe.ridge, error=probe.ridge_error, why=why)
        ranked.append(replace(scored, elsewhere=gain))
    return ranked


def weigh_choices(
    ranking: Sequence[Recommendation],
    probes: Mapping[str, Probe],
    random: Probe,
    least_in_class: int,
    *,
    sources_only: bool = False,
) -> list[Choice]:
    """Weigh frozen sources, a frozen untrained body, and training.

    What is trained starts from the best source, or from scratch. A source has to earn its place: it
    comes before the untrained body only if its error, each series left out in turn, is lower. The
    two trained ways come last, the one that may be expected to be more accurate first.

    Parameters
    ----------
    ranking : sequence of Recommendation
        As ``rank_probed`` orders them. Those that have learnt the target itself are passed over.
    probes, random
        As for ``rank_probed``.
    least_in_class : int
        Series, or groups, of the target's smallest class. If that is one, leaving it out leaves
        nothing to learn the class from, and no source can be told from another: universal bodies
        come first.
    sources_only : bool
        Whether to leave out the choices that do without a source.

    Returns
    -------
    list of Choice
        The best first; empty if there is nothing to start from.
    """
    usable = [source for source in ranking if _is_usable(source, probes)]
    untrained, n_better = _untrained(None), 0
    if least_in_class > 1 and random.ridge_error is not None:
        frozen, n_better = _in_their_places(usable, probes, random)
        untrained = _untrained(random.ridge, random.turn)
    else:
        frozen = [_frozen(source, None) for source in sorted(usable, key=_is_no_universal)]
        untrained, *frozen = _of_one_group([untrained, *frozen], random)
        n_better = sum(source.is_universal for source in usable)
    from_source = [_trained(choice) for choice in frozen[:1]]
    if sources_only:
        return [*frozen, *from_source]
    # sorting is stable: where both expect the same, or nothing says, scratch stays first
    trained = [_trained(untrained), *from_source]
    trained.sort(key=lambda choice: choice.expected or 0.0, reverse=True)
    return [*frozen[:n_better], untrained, *frozen[n_better:], *trained]


def _of_one_group(choices: list[Choice], random: Probe) -> list[Choice]:
    """Say that a class comes from one group, where it is groups that are left out."""
    if random.n_groups is None:
        return choices
    return [replace(choice, why=_ONE_GROUP) for choice in choices]


def _in_their_places(
    usable: Sequence[Recommendation], probes: Mapping[str, Probe], random: Probe
) -> tuple[list[Choice], int]:
    """Put sources that are better than the untrained body first, and count them.

    Both they and the others keep the order of the ranking.
    """

    def is_better(source: Recommendation) -> bool:
        return _error(probes[source.model]) < _error(random)

    ordered = sorted(usable, key=is_better, reverse=True)
    frozen = [_frozen(source, probes[source.model].ridge) for source in ordered]
    return frozen, sum(map(is_better, usable))


def _is_no_universal(source: Recommendation) -> bool:
    return not source.is_universal


def _is_usable(source: Recommendation, probes: Mapping[str, Probe]) -> bool:
    """Whether a source was probed, and has not learnt the target."""
    return not source.is_target and probes[source.model].ridge is not None


def choose_nearest(ranking: Sequence[Recommendation]) -> list[Choice]:
    """Make the choices that the paper has: train on from a source, the nearest first.

    Sources that have learnt the target itself are passed over. A joint model counts by the nearest
    of its data sets.
    """
    choices: dict[str, Choice] = {}
    for source in ranking:
        if not source.is_target:
            choice = Choice(source.model, "softmax", None, False, source.why or "")
            choices.setdefault(source.model, choice)
    return list(choices.values())


def _error(probe: Probe) -> float:
    """Return a probe's error; where it has none, it counts as the largest."""
    if probe.ridge_error is None:
        return float("inf")
    return probe.ridge_error


def _why_source(probe: Probe, random: Probe) -> str:
    if probe.ridge is None or probe.ridge_error is None:
        return f"it cannot be probed: {probe.problem}"
    why = f"it gets {probe.ridge:.0%} of your series right, {probe.turn}"
    if random.ridge is None or random.ridge_error is None:
        return f"{why}."
    return (
        f"{why} (error {probe.ridge_error:.3f}; random filters {random.ridge:.0%}, "
        f"{random.ridge_error:.3f})."
    )


def _why_elsewhere(worth: Worth | None) -> str:
    """Say how a source did on other data sets, in a sentence that goes behind another."""
    if worth is None or abs(worth.gain) < WORTH_A_WORD:
        return ""
    how = "well elsewhere (mean gain"
    if worth.gain < 0:
        how = "badly elsewhere (mean loss"
    return f" It did {how} {abs(worth.gain):.0%} over {counted(worth.targets, 'data set')})."


def _frozen(source: Recommendation, expected: float | None) -> Choice:
    if expected is None:
        why = _UNIVERSAL if source.is_universal else _ONE_SERIES
        return Choice(source.model, "ridge", None, False, why)
    return Choice(source.model, "ridge", expected, True, source.why or "")


def _untrained(expected: float | None, turn: str = "") -> Choice:
    if expected is None:
        return Choice(None, "ridge", None, False, _ONE_SERIES)
    why = f"random filters get {expected:.0%} of your series right, {turn}."
    return Choice(None, "ridge", expected, True, why)


def _trained(frozen: Choice) -> Choice:
    """Train all of a network, instead of a ridge head on its frozen body."""
    how, lost = "on", TRAINED_FROM_SOURCE
    if frozen.source is None:
        how, lost = "from scratch", TRAINED_FROM_SCRATCH
    expected = None
    if frozen.expected is not None:
        expected = max(0.0, frozen.expected - lost)
    why = (
        f"not tried on your series: on other small training sets, training {how} was {lost:.1%} "
        "less accurate than a ridge head on the body left as it is."
    )
    return Choice(frozen.source, "softmax", expected, False, why)
