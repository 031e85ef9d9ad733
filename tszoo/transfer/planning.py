"""From what was asked for to a plan: every decision is made here, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from tszoo.data import Dataset
from tszoo.data.given import as_dataset
from tszoo.data.task import require_task
from tszoo.data.weights import ClassWeight, checked_class_weight, weigh_classes
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.recommendation.weigh import Choice
from tszoo.text import printable
from tszoo.training.recipe import Recipe, RecipeLike, default_recipe, recipe_for
from tszoo.training.run import Run
from tszoo.transfer.combined import halves
from tszoo.transfer.ensemble import Ensemble, complete_args
from tszoo.transfer.estimate import estimate_seconds
from tszoo.transfer.kept_head import check_kept_heads, going_on
from tszoo.transfer.levels import Levels, decide_levels
from tszoo.transfer.plan import MOST_REASON, Plan
from tszoo.transfer.planned import Alternative, Considered, PlannedSource, PlannedTarget
from tszoo.transfer.prepare import check_enough, preprocessing_for
from tszoo.transfer.reading import WHOLE, Reading, choose_reading, reading_of
from tszoo.transfer.request import DEFAULT_ARCHITECTURE, Request, Sources
from tszoo.transfer.sources import MANY_SERIES, Found, find_sources
from tszoo.transfer.start import Start, start_from
from tszoo.zoo.find import ZooLike
from tszoo.zoo.zoo import Zoo

DEFAULT_MEMBERS = 5
# benchmarks/README.md, "What a user gets, over the archive": beside universal bodies one trained
# network changes little, and each takes most of the time.
TRAINED_BESIDE_UNIVERSAL = 1
# Up to this many points of training series, networks are trained in minutes on two cores.
MOST_POINTS_TRAINED = 200_000
# Where readouts get this share of the training series right, each left out in turn, a network
# beside them has next to nothing to mend: benchmarks/README.md, "Both halves together".
NOTHING_TO_MEND = 0.99
MOST_CONSIDERED = 50


def make_plan(
    target: Dataset | str | PathLike[str],
    source: Sources = "auto",
    *,
    zoo: ZooLike = None,
    head: str | None = None,
    members: int | None = None,
    most_sources: int | None = None,
    architecture: str | None = None,
    network: Mapping[str, Any] | None = None,
    recipe: RecipeLike = None,
    freeze: bool = False,
    keep_head: bool = False,
    level: str = "auto",
    reduce: str = "auto",
    class_weight: ClassWeight = None,
    seed: int = 0,
    run: Run | None = None,
) -> Plan:
    """Decide how to make a model for a target: sources, heads, network, recipe and members.

    Parameters
    ----------
    target : Dataset, str or path
        Labelled training series, or the file that holds them; they alone decide.
    source : str, Path or Model, or a sequence of them
        ``"auto"`` does what is found best, which may be to do without a source. ``"nearest"`` takes
        the nearest by Algorithm 1 of the 2018 transfer paper, ``"nearest:2"`` the second nearest; a
        source that has learnt the target is skipped. ``"none"`` starts from scratch. Anything else
        is a model's name in the zoo, a model folder, ``hf://ORG/NAME`` or a loaded model; of
        several, which must be networks of one shape, member k starts from source k modulo their
        number.
    zoo : Zoo, str, Path or None
        Where sources are looked for: a folder, ``hf://ORG`` or an open zoo; None is the embedded
        one.
    head : {"softmax", "ridge", "both"} or None
        A softmax layer that is trained together with the body, which the recipe ``"continue"``
        begins as the body's ridge classifier; a ridge classifier on the features
        of all stages of a body that stays as it is; or half of the members each, of which the
        trained ones start from scratch. None is what is found best for ``"auto"``, and softmax
        where a source is named, or the recipe or ``freeze`` is set.
    members : int or None
        Networks in the ensemble. None is 5, or one a source if those are more; of ridge heads no
        more than the sources have networks, and one a source on more than 2,000 series; of both,
        twice that.
    most_sources : int or None
        With ``"auto"``, how many sources members may start from. None is 5 for ridge heads and 1
        for training.
    architecture : str or None
        The network, where no source brings one; None is InceptionTime's.
    network : mapping or None
        What differs from that architecture's defaults, from scratch: ``{"depth": 9}``.
    recipe : str, Recipe, mapping or None
        One of ``tszoo.training.recipe.NAMES``; a whole recipe; or what differs from one, such as
        ``{"epochs": 20}`` or ``{"name": "paper", "patience": 20}``. None is ``"continue"`` from a
        universal body, ``"finetune"`` from another source, ``"fast"`` from scratch, and the paper's
        for an MLP.
    freeze : bool
        Train the head alone.
    keep_head : bool
        Go on with the softmax heads of the named source instead of fresh ones: incremental training
        on more series of the same classes. Members are as many as the source's unless told, and no
        epochs are spent on the head alone.
    level : {"auto", "yes", "no"}
        Whether heads read each channel's mean, deviation, least, greatest and slope before
        normalisation, too. ``"auto"`` reads them where the error of a ridge readout, each series
        left out in turn, falls clearly with them.
    reduce : {"auto", "no"}
        Whether ridge heads read less of large series: means of points that lie together, some of
        the channels, or some of the features, so that time and memory are bounded. ``"no"`` reads
        all.
    class_weight : {"balanced"}, mapping of label to weight, or None
        How much a series of each class counts in ridge heads, their penalties and temperatures, and
        in the losses of training. ``"balanced"`` lets all classes count the same, however many
        series they have; a class that a mapping does not name counts 1. Weights are relative.
        Sources are chosen by left-out errors with them; levels are decided without.
    seed : int
        Member k of each kind uses ``seed + k``.
    run : Run or None
        Its device, cache and progress serve the search for sources. It decides nothing.

    Returns
    -------
    Plan

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, a source or a parameter cannot be used.
    """
    request = Request(
        source,
        head,
        members,
        most_sources,
        architecture,
        network or {},
        recipe,
        freeze,
        seed,
        level,
        class_weight,
        keep_head,
        reduce,
    )
    return plan_request(as_dataset(target), request, zoo, run or Run())


def plan_request(target: Dataset, request: Request, zoo: ZooLike, run: Run) -> Plan:
    """Decide what a request leaves open; see ``make_plan``."""
    require_task(target)
    check_enough(target)
    weigh_classes(target, request.class_weight)
    found = find_sources(target, request, zoo, run)
    if request.keep_head:
        check_kept_heads(found.models, target)
    head = _head(target, request, found)
    if head == "ridge" and request.asks_for_training:
        msg = f"{request.asks_for_training} does not go with a ridge head, which is computed."
        raise OptionError(msg)
    n_frozen, n_trained = _numbers(target, request, found.models, head)
    n_starting = n_frozen or n_trained
    models = found.models[:n_starting]
    start = None
    if models:
        start = start_from(models, target)
    ensemble = _ensemble(request, start, n_frozen, n_trained)
    _check_ensemble(target, request, start, ensemble)
    ensemble = _reading(ensemble, choose_reading(target, start, ensemble, request.reduce))
    levels = _levels(request, target, start, ensemble, run)
    ensemble = _reading_levels(ensemble, levels)
    references = found.references[:n_starting]
    return Plan(
        PlannedTarget.of(target),
        tuple(
            PlannedSource.of(model, reference, _zoo_name(zoo))
            for model, reference in zip(models, references, strict=True)
        ),
        ensemble,
        estimate_seconds(ensemble, start, target, run.device, run.jobs),
        _reasons(target, request, found, ensemble, levels),
        _alternatives(found, head),
        _considered(found),
        models,
        found.prototypes,
        found.advice,
    )


def _zoo_name(zoo: ZooLike) -> str | None:
    """Return what a zoo can be opened by again; None for the embedded one."""
    if zoo is None:
        return None
    if isinstance(zoo, Zoo):
        return zoo.name
    return str(zoo)


def _head(target: Dataset, request: Request, found: Found) -> str:
    """Choose what stands on the bodies."""
    if request.head is not None:
        return request.head
    if request.asks_for_training or found.choice is None:
        return "softmax"
    may_train = found.choice.head == "ridge" and request.members != 1
    if may_train and _trains_in_minutes(target, found.models) and not _is_solved(request, found):
        return "both"
    return found.choice.head


def _is_solved(request: Request, found: Found) -> bool:
    """Whether frozen readouts leave a trained network nothing to mend."""
    choice = found.choice
    if request.members is not None or choice is None or not choice.measured:
        return False
    return choice.expected is not None and choice.expected >= NOTHING_TO_MEND


def _trains_in_minutes(target: Dataset, sources: Sequence[Model]) -> bool:
    """Whether networks of the sources' shape can be trained on the target in minutes."""
    points = target.n_series * target.length * target.n_channels
    alike = all(source.config.n_channels == target.n_channels for source in sources)
    return alike and points <= MOST_POINTS_TRAINED


def _numbers(
    target: Dataset, request: Request, sources: Sequence[Model], head: str
) -> tuple[int, int]:
    """Say how many members are frozen, and how many trained."""
    is_universal = any(source.config.is_universal for source in sources)
    if request.members is None and is_universal and head != "softmax":
        return len(sources), TRAINED_BESIDE_UNIVERSAL * (head == "both")
    n_members = request.members or _default_members(target, sources, head)
    if request.keep_head and request.members is None:
        n_members = sum(source.config.members for source in sources)
    return {
        "softmax": (0, n_members),
        "ridge": (n_members, 0),
        "both": halves(n_members),
    }[head]


def _default_members(target: Dataset, sources: Sequence[Model], head: str) -> int:
    if head == "both":
        return 2 * _default_members(target, sources, "ridge")
    if head == "ridge" and target.n_series > MANY_SERIES:
        return max(1, len(sources))
    wanted = max(DEFAULT_MEMBERS, len(sources))
    if head == "softmax" or not sources:
        return wanted
    # one body gives one ridge head, however often it is fitted
    return min(wanted, sum(source.config.members for source in sources))


def _ensemble(request: Request, start: Start | None, n_frozen: int, n_trained: int) -> Ensemble:
    """Describe the members: the source's network, or the one that was asked for."""
    architecture = request.architecture or DEFAULT_ARCHITECTURE
    args = request.network
    if start is not None:
        first = start.sources[0].config
        if request.architecture not in (None, first.architecture):
            msg = (
                f'architecture="{request.architecture}": a source\'s network stays as it is, and '
                f"{first.name} is {first.architecture}. Leave it out, or start from scratch: "
                'source="none".'
            )
            raise OptionError(msg)
        if request.network:
            name = next(iter(request.network))
            msg = f"a source's network stays as it is, so {name} can be set only from scratch."
            raise OptionError(f'{msg} Leave it out, or start from scratch: source="none".')
        architecture, args = start.architecture, start.architecture_args
    if n_frozen == 0:  # a softmax head reads the last maps' means
        args = {**args, "resampled": 0}
    recipe, trainable = None, "all"
    if request.freeze:
        trainable = "head"
    if n_trained:  # beside ridge heads, they start from none
        recipe = _recipe(request, architecture, start if n_frozen == 0 else None)
    return Ensemble(
        architecture,
        complete_args(architecture, args),
        n_frozen,
        n_trained,
        recipe,
        trainable,
        request.seed,
        checked_class_weight(request.class_weight),
        request.keep_head,
    )


def _recipe(request: Request, architecture: str, start: Start | None) -> Recipe:
    """Say how members that begin there are trained."""
    recipe = recipe_for(
        request.recipe,
        architecture,
        has_start=start is not None,
        is_universal=_goes_on(request, start),
    )
    if request.keep_head:
        return going_on(recipe, request.recipe)
    return recipe


def _levels(
    request: Request, target: Dataset, start: Start | None, ensemble: Ensemble, run: Run
) -> Levels:
    """Decide whether heads read levels; those that go on read what they have read before."""
    if request.keep_head and start is not None:
        return Levels(start.sources[0].networks[0].level, "the heads that go on read them.")
    return decide_levels(request.level, target, start, ensemble, run.device)


def _reading(ensemble: Ensemble, reading: Reading) -> Ensemble:
    """Let bodies read less of large series, or all of it."""
    if reading == WHOLE:
        return ensemble
    args = {**ensemble.architecture_args, **reading._asdict()}
    return replace(ensemble, architecture_args=complete_args(ensemble.architecture, args))


def _reading_levels(ensemble: Ensemble, levels: Levels) -> Ensemble:
    """Let heads read levels, or not."""
    if not levels.read:
        return ensemble
    return replace(ensemble, architecture_args={**ensemble.architecture_args, "level": True})


def _goes_on(request: Request, start: Start | None) -> bool:
    """Whether all of a universal body is trained."""
    if start is None or request.freeze:
        return False
    return all(source.config.is_universal for source in start.sources)


def _check_ensemble(
    target: Dataset, request: Request, start: Start | None, ensemble: Ensemble
) -> None:
    """Raise an error, before the work, for what cannot be fitted."""
    preprocessing_for(target, ensemble.architecture)
    if request.freeze and start is None:
        msg = "freeze=True needs a source: an untrained body would stay untrained."
        raise OptionError(msg)
    if _is_ridge_without_source(ensemble, start):
        msg = 'a recipe with head="ridge" goes on from a source\'s readout: name a source.'
        raise OptionError(msg)
    if ensemble.head == "both" and start is not None and start.channels_apart is not None:
        msg = (
            f"{target.name} has {target.n_channels} channels, the source one; only "
            'head="ridge" or head="softmax" goes with that.'
        )
        raise OptionError(msg)


def _is_ridge_without_source(ensemble: Ensemble, start: Start | None) -> bool:
    """Whether trained members are to begin with a ridge head, but from scratch."""
    if ensemble.recipe is None or ensemble.recipe.head != "ridge":
        return False
    return start is None or ensemble.n_frozen > 0


def _reasons(
    target: Dataset, request: Request, found: Found, ensemble: Ensemble, levels: Levels
) -> dict[str, str]:
    """Say why, one sentence for each decision."""
    reasons = {
        "source": _why_source(found),
        "members": _why_members(target, request, found, ensemble),
    }
    if ensemble.keep_head:
        reasons["members"] = "the source's own heads go on with its bodies."
    if ensemble.recipe is not None:
        reasons["recipe"] = _why_recipe(request, found, ensemble)
    if levels.read:
        reasons["level"] = levels.why
    if reading_of(ensemble.architecture_args) != WHOLE:
        reasons["reads"] = 'so that time and memory are bounded; reduce="no" reads all.'
    return {name: printable(why, MOST_REASON) for name, why in reasons.items()}


def _why_source(found: Found) -> str:
    choice = found.choice
    if choice is None or choice.expected is None:
        return found.why
    whose = f", that of {choice.source}" if choice.source and len(found.models) > 1 else ""
    return f"expected accuracy {choice.expected:.3f}{whose}: {found.why}"


def _why_members(target: Dataset, request: Request, found: Found, ensemble: Ensemble) -> str:
    asked = request.asks_for_training
    if request.head is not None:
        return f'head="{request.head}" was asked for.'
    if asked:
        return f"{asked} was asked for, so every member is trained."
    if ensemble.head == "both":
        return "frozen readouts and trained networks err on different series, so both vote."
    if found.choice is None and ensemble.required_recipe().head == "ridge":
        return "the ridge readout of the source, and the whole network trained on."
    if found.choice is None and found.models:
        return "a fresh softmax head, and the whole network trained on, as published."
    if found.choice is None:
        return "without a source, networks are trained from scratch."
    if ensemble.head == "ridge":
        return _why_untrained(target, request, found)
    return "that is what came out best."


def _why_recipe(request: Request, found: Found, ensemble: Ensemble) -> str:
    if request.recipe is not None:
        return "it was asked for."
    if ensemble.required_recipe().head == "ridge":
        return 'the recipe "continue" suits universal bodies: it trains their readout on.'
    from_source = bool(found.models) and ensemble.head == "softmax"
    name = default_recipe(ensemble.architecture, has_start=from_source)
    start = "networks that start from a source" if from_source else "networks from scratch"
    return f'the recipe "{name}" suits {start}.'


def _why_untrained(target: Dataset, request: Request, found: Found) -> str:
    if request.members == 1:
        return "one member was asked for, and a ridge head is the better one."
    if _trains_in_minutes(target, found.models):
        return "they leave a trained network next to nothing to mend; --head both trains one."
    points = target.n_series * target.length * target.n_channels
    if points > MOST_POINTS_TRAINED:
        return f"training on {points:,} points would take long; ridge heads take seconds."
    return "the sources see one channel at a time, and networks trained beside them would not."


def _alternatives(found: Found, head: str) -> tuple[Alternative, ...]:
    """List what was weighed and not taken, the best first.

    Of frozen sources, none but the taken.
    """
    if found.advice is None or found.choice is None:
        return ()
    return tuple(
        Alternative(
            _words(choice),
            choice.expected,
            f'source="{choice.source or "none"}", head="{choice.head}"',
        )
        for choice in found.advice.choices
        if choice is not found.choice and _is_another_way(choice, head)
    )


def _considered(found: Found) -> tuple[Considered, ...]:
    """List the sources that were looked at, the best first."""
    if found.advice is None:
        return ()
    return tuple(map(Considered.of, found.advice.sources[:MOST_CONSIDERED]))


def _is_another_way(choice: Choice, head: str) -> bool:
    """Whether a choice differs in kind from a plan with that head, not in its source alone."""
    if head == "softmax":
        return choice.head == "softmax"
    return choice.head == "softmax" or choice.source is None


def _words(choice: Choice) -> str:
    """Say in a few words what a choice is."""
    if choice.head == "ridge":
        body = choice.source or "random filters"
        return f"{body}, frozen, under a ridge head"
    if choice.source is None:
        return "trained from scratch"
    return f"{choice.source}, trained on"
