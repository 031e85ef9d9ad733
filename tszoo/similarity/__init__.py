"""How alike series and data sets are: dynamic time warping, barycentres, prototypes."""

from tszoo.similarity.dba import dba, medoid
from tszoo.similarity.distance import Nearest, dataset_distance, distance_matrix
from tszoo.similarity.dtw import cdist_dtw, dtw, dtw_path
from tszoo.similarity.prototypes import Prototypes, compute_prototypes

__all__ = [
    "Nearest",
    "Prototypes",
    "cdist_dtw",
    "compute_prototypes",
    "dataset_distance",
    "dba",
    "distance_matrix",
    "dtw",
    "dtw_path",
    "medoid",
]
