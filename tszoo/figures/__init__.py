"""Figures."""

from tszoo.figures.explanation import plot_explanation
from tszoo.figures.filters import plot_filters
from tszoo.figures.prototypes import draw_prototypes
from tszoo.figures.recommendation import plot_recommendation
from tszoo.figures.similarity import plot_similarity
from tszoo.figures.transfer_matrix import plot_transfer_matrix
from tszoo.figures.zoo_map import plot_map

__all__ = [
    "draw_prototypes",
    "plot_explanation",
    "plot_filters",
    "plot_map",
    "plot_recommendation",
    "plot_similarity",
    "plot_transfer_matrix",
]
