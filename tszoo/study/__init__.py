"""What would other values come to? Sweeps of any hyper-parameter, on one machine or on many."""

from tszoo.study.ask import Design
from tszoo.study.engine import Engine
from tszoo.study.settings import Settings
from tszoo.study.study import Study
from tszoo.study.trial import Sets

__all__ = ["Design", "Engine", "Sets", "Settings", "Study"]
