"""A plan as a page that a person reads."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from tszoo.data.levels import NUMBERS
from tszoo.text import counted, duration, one_line
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.planned import Alternative, PlannedSource, PlannedTarget
from tszoo.transfer.reading import reading_of, said

WIDTH = 92
NAMED = 3  # sources that the page names; the others are counted
ALTERNATIVES = 3
CLASSES = 6  # whose weights the page names
_LABEL = 10


def page(
    target: PlannedTarget,
    sources: Sequence[PlannedSource],
    ensemble: Ensemble,
    seconds: float,
    reasons: Mapping[str, str],
    alternatives: Sequence[Alternative],
) -> str:
    """Write a plan as lines of at most ``WIDTH`` columns."""
    lines = [
        f"Plan for {one_line(target.name)}: {target.n_series} series, {target.n_classes} classes, "
        f"length {target.length}"
    ]
    decided = {
        "source": beginning(sources, ensemble),
        "members": members(ensemble),
        "recipe": recipe(ensemble),
        "level": level(ensemble),
        "reads": said(reading_of(ensemble.architecture_args), target.n_channels),
        "weights": weights(ensemble),
    }
    for name, what in decided.items():
        if what:
            lines += _entry(name, what, reasons.get(name, ""))
    lines += _entry("time", f"about {duration(seconds)}", reasons.get("time", ""))
    for alternative in alternatives[:ALTERNATIVES]:
        expected = ""
        if alternative.expected is not None:
            expected = f", expected accuracy {alternative.expected:.3f}"
        lines += _entry("instead", f"{alternative.what}{expected}: {alternative.how}", "")
    return "\n".join(lines)


def beginning(sources: Sequence[PlannedSource], ensemble: Ensemble) -> str:
    """Say in a few words where members start."""
    names = ", ".join(source.name for source in sources[:NAMED])
    if len(sources) > NAMED:
        names += f" and {len(sources) - NAMED} more"
    if ensemble.head == "softmax":
        return names or "none (from scratch)"
    return names or "none (random filters)"


def members(ensemble: Ensemble) -> str:
    """Say what the members are and what is done to them."""
    shape = f"{ensemble.architecture} network"
    parts = []
    if ensemble.n_frozen:
        each = "under a ridge head" if ensemble.n_frozen == 1 else "each under a ridge head"
        parts.append(f"{counted(ensemble.n_frozen, shape)}, frozen, {each}")
    if ensemble.n_trained:
        trained = counted(ensemble.n_trained, shape)
        if ensemble.keep_head:
            trained += ", with the heads of the source"
        if ensemble.trainable == "head":
            parts.append(f"{trained}, of which the head alone is trained")
        elif ensemble.n_frozen:
            parts.append(f"{trained}, trained whole from scratch")
        else:
            parts.append(f"{trained}, trained whole")
    return "; ".join(parts)


def recipe(ensemble: Ensemble) -> str:
    """Say how long and how fast members are trained; nothing where none is."""
    numbers = ensemble.recipe
    if numbers is None:
        return ""
    return (
        f"{counted(numbers.epochs, 'epoch')}, batches of {numbers.batch_size} or fewer, "
        f"learning rate {numbers.learning_rate:g} ({numbers.schedule})"
    )


def level(ensemble: Ensemble) -> str:
    """Say what heads read of levels; nothing where they read none."""
    if not ensemble.architecture_args.get("level", False):
        return ""
    return "each channel's " + ", ".join(NUMBERS) + " before normalisation are read, too"


def weights(ensemble: Ensemble) -> str:
    """Say how much classes count; nothing where all series count the same."""
    if ensemble.class_weight is None:
        return ""
    if isinstance(ensemble.class_weight, str):
        return "balanced: all classes count the same, however many series they have"
    named = [f"{label} counts {weight:g}" for label, weight in ensemble.class_weight.items()]
    return ", ".join(named[:CLASSES]) + ", …" * (len(named) > CLASSES)


def _entry(label: str, what: str, why: str) -> list[str]:
    """Write one line of what, and under it why, both behind the label."""
    indent = " " * _LABEL
    lines = textwrap.wrap(
        one_line(what), WIDTH, initial_indent=f"{label:<{_LABEL}}", subsequent_indent=indent
    )
    return lines + textwrap.wrap(
        one_line(why), WIDTH, initial_indent=indent, subsequent_indent=indent
    )
