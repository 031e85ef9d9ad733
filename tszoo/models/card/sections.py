"""The sections of a card that say what a model is, where it came from and what it is for."""

from __future__ import annotations

from collections import Counter

from tszoo.models.card.markdown import escaped, number, table
from tszoo.models.card.metadata import known_facts
from tszoo.models.card.reference import shown_model, shown_revision
from tszoo.models.config import ModelConfig
from tszoo.models.record import PartResults, Simplest
from tszoo.nets.registry import network_class
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import PICTURE

MOST_CLASSES_SHOWN = 30


def summary(config: ModelConfig) -> str:
    """Say in one sentence what the model is."""
    networks = f"An ensemble of {config.members} networks"
    if config.members == 1:
        networks = "One network"
    networks = f"{networks} ({escaped(config.architecture)})"
    if config.trained_on.parts:
        return (
            f"{networks} trained from scratch on {len(config.trained_on.parts)} data sets at once, "
            "with outputs of its own for each: a source for transfer learning."
        )
    archive = " (UCR archive)" if all(known_facts(config)) else ""
    name = escaped(config.trained_on.dataset)
    return f"{networks} that classifies time series of {name}{archive}{_made(config)}."


def _made(config: ModelConfig) -> str:
    """Say how the members came to be, as the end of a sentence."""
    recipe, base = config.recipe, _base(config)
    filters = f"the filters of {base}" if base else "random filters"
    if recipe.head == "both":
        return (
            f": {recipe.n_frozen} of them a ridge classifier on {filters}, "
            f"{config.members - recipe.n_frozen} trained from scratch"
        )
    if recipe.head == "ridge" and base:
        return f": a ridge classifier on {filters}"
    if recipe.head == "ridge":
        return f": {filters} under a ridge classifier"
    if base:
        return f", fine-tuned from {base}"
    return ", trained from scratch: a source for transfer learning"


def _base(config: ModelConfig) -> str:
    """Name the model, or the first of those, that a model did start from; nothing without one."""
    base = config.base
    if base is None:
        return ""
    name = shown_model(base.model)
    revision = shown_revision(base.model, base.revision)
    if revision is not None:
        name += f", revision {escaped(revision)}"
    if config.recipe.bases:
        name += " and other sources, which the recipe names"
    return name


def picture(config: ModelConfig, prototypes: Prototypes) -> str:
    """Show the picture that lies beside the card."""
    lines = "a line" if config.n_channels == 1 else f"{config.n_channels} lines, one a channel,"
    n_shown = len(set(prototypes.classes))
    each = "one typical series"
    if n_shown < len(prototypes.series):
        each = "typical series, one or more"
    return (
        f"![{n_shown} classes, {lines} for the typical series of each]({PICTURE})\n\n"
        f"The prototypes: {each} a class, normalised, over its points."
    )


def source(config: ModelConfig, prototypes: Prototypes) -> str:
    """Describe the data that the model has learnt."""
    data, (facts, *_) = config.trained_on, known_facts(config)
    split = f" of the {escaped(data.split)} split" if data.split else ""
    rows: dict[str, str | None] = {
        "Series": f"{data.n_series}{split}",
        "Channels": str(config.n_channels),
        "Length": f"{config.length} points",
        "Classes": _classes(config),
        "Prototypes": _prototypes(config, prototypes),
        "SHA-256 of the data": f"`{data.sha256}`",
    }
    if data.parts:
        called = f"{len(data.parts)}, called {escaped(data.dataset)} together"
        return f"{table(('', ''), {'Data sets': called, **rows})}\n\n{_parts(config)}"
    kind, about = None, ""
    if facts is not None:
        kind, about = facts.kind, facts.about
    text = table(("", ""), {"Data set": escaped(data.dataset), "Kind": kind, **rows})
    if about:
        return f"{about}\n\n{text}"
    return text


def _prototypes(config: ModelConfig, prototypes: Prototypes) -> str:
    """Say which classes have a prototype, and how long those are."""
    if not prototypes.series:
        return "none: they would show series of classes that have few"
    lengths = sorted({series.shape[1] for series in prototypes.series})
    spans = " to ".join(str(length) for length in dict.fromkeys((lengths[0], lengths[-1])))
    most = max(Counter(prototypes.classes).values())
    each = "one" if most == 1 else f"up to {most}"
    text = f"{each} a class, of {spans} points, in `prototypes.safetensors`"
    n_lacking = config.n_classes - len(set(prototypes.classes))
    if n_lacking:
        text += f"; {n_lacking} of the classes have none, which would show one of their few series"
    return text


def _classes(config: ModelConfig) -> str:
    """Count the classes, and name the first of them."""
    names = [escaped(name) for name in config.class_names[:MOST_CLASSES_SHOWN]]
    text = f"{config.n_classes}: {', '.join(names)}"
    n_more = config.n_classes - len(names)
    if n_more:
        text += f" and {n_more} more"
    return text


def _parts(config: ModelConfig) -> str:
    """List the data sets of a model that was trained on several, with what it reaches on each."""
    columns = ["Data set", "Series", "Classes", "Length", "Accuracy", "On the training series"]
    known = [one.simplest for one in config.results.per_dataset.values()]
    is_told = any(simplest is not None for simplest in known)
    if is_told:
        columns += ["*To beat:* the largest class", "*To beat:* 1-NN DTW"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for part in config.trained_on.parts:
        reached = config.results.per_dataset.get(part.dataset, PartResults())
        cells = [
            part.n_series,
            part.n_classes,
            part.length,
            number(reached.accuracy) or "",
            number(reached.train_accuracy) or "",
        ]
        if is_told:
            cells += _to_beat(reached.simplest)
        lines.append(f"| {escaped(part.dataset)} | " + " | ".join(map(str, cells)) + " |")
    table = "\n".join(lines)
    if is_told:
        table += (
            "\n\nWhat is to be beaten are the simplest classifiers, each training series left out "
            "in its turn."
        )
    return table


def _to_beat(simplest: Simplest | None) -> list[str]:
    """Spell what the simplest classifiers reach."""
    if simplest is None:
        return ["", ""]
    return [number(simplest.majority) or "", number(simplest.neighbour) or ""]


def limits(config: ModelConfig) -> str:
    """Say what the model is for, and what it cannot do."""
    is_source = config.base is None and config.recipe.head != "ridge"
    use = "Made to classify series recorded and cut out as its training series were."
    if is_source:
        use = (
            "Made to be fine-tuned: start from it when your series look like its prototypes, and "
            "compare with training from scratch."
        )
    points = [*_limits_of_input(config), *_limits_of_output(config)]
    return f"{use}\n\n" + "\n".join(f"- {point}" for point in points)


def _limits_of_input(config: ModelConfig) -> list[str]:
    points = []
    if not config.preprocessing.unequal:
        exactly = f"takes series of exactly {config.length} points"
        if network_class(config.architecture).any_length:
            points.append(f"As it is, it {exactly}; fine-tuned, of any length.")
        else:
            points.append(f"It {exactly}, fine-tuned too: it has a weight for every point.")
    if config.preprocessing.normalize:
        points.append(
            "Series are normalised one by one, so level and scale, where they matter, are lost."
        )
    return points


def _limits_of_output(config: ModelConfig) -> list[str]:
    learnt, sure = "fine-tuned", "Its probabilities are not calibrated"
    if config.base is None:
        learnt = "trained"
    if config.recipe.head == "ridge":
        learnt = "fitted"
        sure = "Its probabilities are as sure as its training series, left out one by one, allow"
    data = "the data sets above" if config.trained_on.parts else "one data set"
    points = [
        f"It was {learnt} on {config.trained_on.n_series} series of {data}; what it says of other "
        "data, without fine-tuning, means nothing."
    ]
    if config.trained_on.parts:
        points.append(
            "Its probabilities compare classes of one data set: those of different data sets were "
            "never told apart."
        )
    points.append(
        f"{sure}, and every series gets one of its classes: it cannot say that a series belongs to "
        "none."
    )
    return points
