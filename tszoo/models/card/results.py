"""The section of a card on how accurate the model is."""

from __future__ import annotations

import statistics

from tszoo.models.card.markdown import escaped, linked, number, table
from tszoo.models.config import ModelConfig
from tszoo.models.record import Simplest


def results(config: ModelConfig) -> str:
    """Show what the model and its members reach, beside what others published for the data set."""
    rows = _rows(config)
    if not any(rows.values()):
        return ""
    text = table(("", "Accuracy"), rows)
    reached, members = config.results, _members(config)
    if reached.accuracy is not None or members:
        text = f"{_measured(config)}\n\n{text}"
        if reached.split == "test":
            text += (
                "\n\nThe test split was read for this table alone: training did not see it, and "
                "chose nothing by it."
            )
    if members:
        text += (
            f"\n\nThe members reach {statistics.fmean(members):.4f} on average, from "
            f"{min(members):.4f} to {max(members):.4f} (standard deviation "
            f"{statistics.pstdev(members):.4f})."
        )
    return text


def _members(config: ModelConfig) -> tuple[float, ...]:
    """Return the accuracy of each member, where there are several."""
    return config.results.member_accuracy if config.members > 1 else ()


def _rows(config: ModelConfig) -> dict[str, str | None]:
    reached = config.results
    first = "**Ensemble**" if config.members > 1 else "**Accuracy**"
    rows = {first: number(reached.accuracy)}
    rows |= {f"Member {k}": number(share) for k, share in enumerate(_members(config))}
    published = reached.published
    if published is not None and reached.accuracy is not None:
        difference = reached.accuracy - published.accuracy
        rows[f"{linked(published.name, published.url)}, as published"] = number(published.accuracy)
        rows["Difference from the published figure"] = f"{difference:+.4f}"
    if reached.validation is not None:
        rows["On the held-out series"] = number(reached.validation.accuracy)
    rows["On the training series"] = number(reached.train_accuracy)
    rows["On each training series, by a fit to the others"] = number(reached.left_out_accuracy)
    return rows | _simplest(reached.simplest)


def _simplest(found: Simplest | None) -> dict[str, str | None]:
    """Show what has to be beaten: the simplest classifiers, on the training series."""
    if found is None:
        return {}
    rows = {"*To beat:* guessing the largest class of the training series": number(found.majority)}
    if found.window is not None:
        name = f"*To beat:* 1-NN DTW, each of {found.n_series} training series left out"
        rows[f"{name} (window {found.window:.0%} of the length)"] = number(found.neighbour)
    return rows


def _measured(config: ModelConfig) -> str:
    """Say what the accuracies are, and which series they were measured on."""
    reached = config.results
    whose = "Accuracy" if reached.accuracy is not None else "Accuracy of each member by itself"
    split = escaped(reached.split or "held-out")
    count = f" of {reached.n_series} series" if reached.n_series else ""
    over = ""
    if config.trained_on.parts:
        over = ": the mean over the data sets, each among its own classes"
    return f"{whose} on the {split} split{count}{over}."
