"""Figures."""

from tszoo.report.prototypes import plot_prototypes
from tszoo.report.similarity import plot_similarity, save_matrix_csv

__all__ = ["plot_prototypes", "plot_similarity", "save_matrix_csv"]
