"""The section of a card on how accurate the model is."""

from __future__ import annotations

import statistics

from tszoo.models.card.markdown import escaped, linked, number, table
from tszoo.models.config import ModelConfig


def results(config: ModelConfig) -> str:
    """Show what the model reaches, each member too, and beside it what others published for the data set."""
    known = config.results
    accuracy, members, published = (
        known.get("accuracy"),
        known.get("member_accuracy"),
        known.get("published"),
    )
    each = members if config.members > 1 else None
    rows = {"**Ensemble**" if config.members > 1 else "**Accuracy**": number(accuracy)}
    if each:
        rows |= {f"Member {k}": number(value) for k, value in enumerate(each)}
    if published is not None and accuracy is not None:
        rows[f"{linked(published['name'], published.get('url'))}, as published"] = number(
            published["accuracy"]
        )
        rows["Difference from the published figure"] = f"{accuracy - published['accuracy']:+.4f}"
    rows["On the training series"] = number(known.get("train_accuracy"))
    rows["On each training series, by a fit to the others"] = number(known.get("left_out_accuracy"))
    if not any(rows.values()):
        return ""
    split = "held-out" if known.get("split") is None else escaped(known["split"])
    count = "" if known.get("n_series") is None else f" of {known['n_series']} series"
    text = table(("", "Accuracy"), rows)
    if accuracy is not None or each:
        whose = "Accuracy" if accuracy is not None else "Accuracy of each member by itself"
        over = (
            ": the mean over the data sets, each among its own classes"
            if config.trained_on.parts
            else ""
        )
        text = f"{whose} on the {split} split{count}{over}.\n\n{text}"
        if split == "test":
            text += (
                "\n\nThe test split was read for this table alone: training did not see it, and "
                "chose nothing by it."
            )
    if each:
        text += (
            f"\n\nThe members reach {statistics.fmean(each):.4f} on average, from {min(each):.4f} "
            f"to {max(each):.4f} (standard deviation {statistics.pstdev(each):.4f})."
        )
    return text
