"""The sections of a card that say what a model is, where it came from and what it is for."""

from __future__ import annotations

from tszoo.models.card.markdown import escaped, number, table
from tszoo.models.card.metadata import accuracies, known_facts
from tszoo.models.card.reference import shown_model, shown_revision
from tszoo.models.config import ModelConfig
from tszoo.nets.registry import network_class
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import PICTURE

MOST_CLASSES_SHOWN = 30


def summary(config: ModelConfig) -> str:
    """Say in one sentence what the model is."""
    networks = f"An ensemble of {config.members} networks" if config.members > 1 else "One network"
    if config.trained_on.parts:
        return (
            f"{networks} ({escaped(config.architecture)}) trained from scratch on "
            f"{len(config.trained_on.parts)} data sets at once, with outputs of its own for each: "
            "a source for transfer learning."
        )
    start = f"{networks} ({escaped(config.architecture)}) that classifies time series of "
    start += escaped(config.trained_on.dataset) + (
        " (UCR archive)" if all(known_facts(config)) else ""
    )
    ridge = has_ridge_head(config)
    if config.recipe.get("head") == "both":
        filters = "random filters" if config.base is None else f"the filters of {_parent(config)}"
        frozen, trained = (config.recipe.get(half, "half") for half in ("frozen", "trained"))
        return (
            f"{start}: {frozen} of them a ridge classifier on {filters}, {trained} trained from "
            "scratch."
        )
    if config.base is None:
        if ridge:
            return f"{start}: random filters under a ridge classifier."
        return f"{start}, trained from scratch: a source for transfer learning."
    parent = _parent(config)
    return (
        f"{start}: a ridge classifier on the filters of {parent}."
        if ridge
        else f"{start}, fine-tuned from {parent}."
    )


def _parent(config: ModelConfig) -> str:
    """Name the model, or the first of those, that a model was built on."""
    if config.base is None:
        return ""
    revision = shown_revision(config.base.model, config.base.revision)
    parent = shown_model(config.base.model) + (
        "" if revision is None else f", revision {escaped(revision)}"
    )
    return parent + (
        " and other sources, which the recipe names" if config.recipe.get("sources") else ""
    )


def has_ridge_head(config: ModelConfig) -> bool:
    """Whether nothing was trained.

    A classifier was fitted to what filters say that were there already.
    """
    return (
        config.architecture_args.get("readout") == "stages" and config.recipe.get("head") != "both"
    )


def picture(config: ModelConfig) -> str:
    """Show the picture that lies beside the card."""
    lines = "a line" if config.n_channels == 1 else f"{config.n_channels} lines, one a channel,"
    return (
        f"![{config.n_classes} classes, {lines} for the typical series of each]({PICTURE})\n\n"
        "The prototypes: one typical series a class, normalised, over its points."
    )


def source(config: ModelConfig, prototypes: Prototypes) -> str:
    """Describe the data that the model has learnt."""
    data, (facts, *_) = config.trained_on, known_facts(config)
    split = "" if data.split is None else f" of the {escaped(data.split)} split"
    names = [escaped(name) for name in config.class_names[:MOST_CLASSES_SHOWN]]
    more = config.n_classes - len(names)
    lengths = sorted({series.shape[1] for series in prototypes.series})
    spans = str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    rows = {
        "Data sets": f"{len(data.parts)}, called {escaped(data.dataset)} together"
        if data.parts
        else None,
        "Data set": None if data.parts else escaped(data.dataset),
        "Kind": facts.kind if facts and not data.parts else None,
        "Series": f"{data.n_series}{split}",
        "Channels": str(config.n_channels),
        "Length": f"{config.length} points",
        "Classes": f"{config.n_classes}: {', '.join(names)}"
        + (f" and {more} more" if more else ""),
        "Prototypes": f"one a class, of {spans} points, in `prototypes.safetensors`",
        "SHA-256 of the data": f"`{data.sha256}`",
    }
    text = (f"{facts.about}\n\n" if facts and facts.about and not data.parts else "") + table(
        ("", ""), rows
    )
    return f"{text}\n\n{_parts(config)}" if data.parts else text


def _parts(config: ModelConfig) -> str:
    """List the data sets of a model that was trained on several, with what it reaches on each."""
    known, reached = config.results.get("per_dataset") or {}, accuracies(config)
    lines = [
        "| Data set | Series | Classes | Length | Accuracy | On the training series |",
        "|---|---|---|---|---|---|",
    ]
    for part in config.trained_on.parts:
        cells = (
            part.n_series,
            part.n_classes,
            part.length,
            number(reached[part.dataset]) or "",
            number(known.get(part.dataset, {}).get("train_accuracy")) or "",
        )
        lines.append(f"| {escaped(part.dataset)} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def limits(config: ModelConfig) -> str:
    """Say what the model is for, and what it cannot do."""
    use = (
        "Made to be fine-tuned: start from it when your series look like its prototypes, and "
        "compare with training from scratch."
        if config.base is None and not has_ridge_head(config)
        else "Made to classify series recorded and cut out as its training series were."
    )
    learnt, sure = (
        "trained" if config.base is None else "fine-tuned",
        "Its probabilities are not calibrated",
    )
    if has_ridge_head(config):
        learnt, sure = (
            "fitted",
            "Its probabilities are as sure as its training series, left out one by one, allow",
        )
    points = [
        f"It was {learnt} on {config.trained_on.n_series} series of "
        f"{'the data sets above' if config.trained_on.parts else 'one data set'}; what it says of "
        "other data, without fine-tuning, means nothing.",
        f"{sure}, and every series gets one of its classes: it cannot say that a series belongs to "
        "none.",
    ]
    if config.trained_on.parts:
        points.insert(
            1,
            "Its probabilities compare classes of one data set: those of different data sets were "
            "never told apart.",
        )
    if config.preprocessing.normalize:
        points.insert(
            0, "Series are normalised one by one, so level and scale, where they matter, are lost."
        )
    if not config.preprocessing.unequal:
        exactly = f"series of exactly {config.length} points"
        any_length = network_class(config.architecture).any_length
        points.insert(
            0,
            f"As it is, it takes {exactly}; fine-tuned, of any length."
            if any_length
            else f"It takes {exactly}, fine-tuned too: it has a weight for every point.",
        )
    return f"{use}\n\n" + "\n".join(f"- {point}" for point in points)
