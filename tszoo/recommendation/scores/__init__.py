"""How well a frozen network's features tell a target's classes apart, in numbers.

What each is called in its paper.
"""

from tszoo.readout.score import RidgeScore, ridge_leave_one_out
from tszoo.recommendation.scores.evidence import log_me
from tszoo.recommendation.scores.heads import leep, nce
from tszoo.recommendation.scores.hscore import h_score
from tszoo.recommendation.scores.neighbours import knn_leave_one_out

__all__ = [
    "RidgeScore",
    "h_score",
    "knn_leave_one_out",
    "leep",
    "log_me",
    "nce",
    "ridge_leave_one_out",
]
