"""Figures."""

from tszoo.report.prototypes import draw_prototypes
from tszoo.report.recommendation import plot_recommendation
from tszoo.report.similarity import plot_similarity, save_matrix_csv
from tszoo.report.zoo_map import plot_map

__all__ = ["draw_prototypes", "plot_map", "plot_recommendation", "plot_similarity", "save_matrix_csv"]
