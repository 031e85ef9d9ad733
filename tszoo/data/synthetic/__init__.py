"""Make up classification tasks, for training in episodes and for trying things out.

This room needs torch; ``tszoo.data`` does not load it.
"""

from tszoo.data.synthetic.alter import alter_tasks
from tszoo.data.synthetic.families import FAMILIES
from tszoo.data.synthetic.family_dataset import synthetic_dataset
from tszoo.data.synthetic.inception_problem import positions
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.tasks import draw_tasks

__all__ = [
    "FAMILIES",
    "TaskShape",
    "alter_tasks",
    "draw_tasks",
    "positions",
    "synthetic_dataset",
]
