"""Likeness of series and of data sets: dynamic time warping, barycentres, prototypes, search."""

from tszoo.similarity.comparison import Comparison
from tszoo.similarity.dba import dba, medoid
from tszoo.similarity.distance import Nearest, dataset_distance, distance_matrix
from tszoo.similarity.dtw import cdist_dtw, dtw, dtw_path
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.similarity.search import Ranking, search

__all__ = [
    "Comparison",
    "Nearest",
    "PrototypePool",
    "Prototypes",
    "Ranking",
    "cdist_dtw",
    "compute_prototypes",
    "dataset_distance",
    "dba",
    "distance_matrix",
    "dtw",
    "dtw_path",
    "medoid",
    "search",
]
