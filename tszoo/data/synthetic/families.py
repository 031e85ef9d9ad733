"""List the families of made-up tasks."""

from __future__ import annotations

from collections.abc import Callable

from torch import Generator, Tensor

from tszoo.data.synthetic.bursts import bursts
from tszoo.data.synthetic.colours import colours
from tszoo.data.synthetic.outlines import outlines
from tszoo.data.synthetic.patterns import patterns
from tszoo.data.synthetic.rhythms import rhythms
from tszoo.data.synthetic.shape import TaskShape
from tszoo.data.synthetic.switches import switches

Family = Callable[[TaskShape, Generator], Tensor]

FAMILIES: dict[str, Family] = {
    "rhythms": rhythms,
    "colours": colours,
    "patterns": patterns,
    "outlines": outlines,
    "switches": switches,
    "bursts": bursts,
}
"""What makes up the tasks of each family: float32 of shape ``shape.per_point``."""
