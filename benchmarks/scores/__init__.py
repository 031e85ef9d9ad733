"""Say in numbers how well a frozen network's features tell a target's classes apart.

Each score is called what its paper calls it. The library itself ranks sources by the ridge scores
of `tszoo.readout.score` alone: these here are what it was compared with.
"""

from .evidence import log_me
from .heads import leep, nce
from .hscore import h_score
from .neighbours import knn_leave_one_out

__all__ = ["h_score", "knn_leave_one_out", "leep", "log_me", "nce"]
