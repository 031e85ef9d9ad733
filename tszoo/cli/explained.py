"""What ``tszoo explain`` answers: a line for each series, a document, files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.cli.output import percent
from tszoo.models.answers import names_of

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.explanation.explain import Explanation
    from tszoo.models.model import Model


@dataclass(frozen=True)
class Explained:
    """Series of a data set, which ones they are, and what speaks for their classes."""

    model: Model
    dataset: Dataset
    index: tuple[int, ...]
    explanation: Explanation

    def save(self, path: Path) -> None:
        """Write the relevance of every point."""
        from tszoo.explanation.save import save_explanation

        save_explanation(
            self.explanation,
            path,
            classes=self.model.config.class_names,
            index=self.index,
            names=names_of(self.dataset),
        )

    def draw(self, path: Path) -> None:
        """Draw the first series."""
        from tszoo.figures.explanation import plot_explanation

        plot_explanation(self.explanation, self.model, self.dataset, path, index=self.index)


def document_of(explained: Explained, *, whole: bool) -> dict[str, Any]:
    """Say what a JSON document says; ``whole`` with the relevance of every point.

    Relevance has a list for each channel, as long as the series.
    """
    explanation = explained.explanation
    described = _described(explained)
    if whole:
        lengths = explained.dataset.lengths.tolist()
        for series, relevance, length in zip(
            described, explanation.relevance, lengths, strict=True
        ):
            series["relevance"] = [
                [float(f"{value:.6g}") for value in channel[:length]] for channel in relevance
            ]
    return {
        "method": explanation.method,
        "classes": list(explained.model.config.class_names),
        "n_series": len(described),
        "series": described,
    }


def table_of(explained: Explained) -> tuple[list[str], list[list[object]]]:
    """Give the columns and the rows of the table that is printed."""
    rows: list[list[object]] = []
    names: list[str] = []
    for series, called in zip(_described(explained), names_of(explained.dataset), strict=True):
        names = list(called)
        stretch = f"points {series['from']} to {series['to']}"
        rows.append(
            [
                series["index"],
                *called.values(),
                series["label"],
                series["class"],
                percent(series["probability"]),
                stretch,
            ]
        )
    columns = ["index", *names, "label", "class", "probability", "speaks most for it"]
    return columns, rows


def _described(explained: Explained) -> list[dict[str, Any]]:
    """Describe each series: its label, the class that is explained, and what speaks for it."""
    from tszoo.explanation.stretch import telling_stretch

    classes = explained.model.config.class_names
    explanation = explained.explanation
    described = []
    for k, (index, called) in enumerate(
        zip(explained.index, names_of(explained.dataset), strict=True)
    ):
        probabilities = explanation.probabilities[k]
        first, last = telling_stretch(explanation.relevance[k])
        described.append(
            {
                "index": index,
                **called,
                "label": classes[probabilities.argmax()],
                "class": classes[explanation.explained[k]],
                "probability": float(f"{probabilities[explanation.explained[k]]:.6g}"),
                "from": first,
                "to": last,
            }
        )
    return described
