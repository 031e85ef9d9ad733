"""From what is asked for to the plan of a sweep."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tszoo.errors import OptionError
from tszoo.storage.strict_json import plain
from tszoo.study.presets import Preset
from tszoo.study.settings import OWN, Settings, is_set
from tszoo.study.sweep_plan import SweepPlan
from tszoo.study.trial import Conditions, Sets
from tszoo.training.run import Run


@dataclass(frozen=True)
class Design:
    """How values are tried.

    Attributes
    ----------
    grid : bool or None
        Every value with every value of the other keys, or one change at a time. None is a grid, and
        one at a time for a preset.
    repeats : int
        How often each combination is tried, with other seeds, and other series held out.
    seed : int
        Of the first repeat; the next are 1000 apart.
    validation : str
        Which series are held out: ``"0.2"``, ``"every:5"``, ``"last:0.2"`` or ``"group:0.2"``.
    curves : bool
        Whether a log of every epoch is written for each trial. It takes time, and changes nothing.
    record : bool
        Whether it is recorded, for each trial, how the nodes of its members learn. It takes more
        time, and changes nothing.
    """

    grid: bool | None = None
    repeats: int = 1
    seed: int = 0
    validation: str = "0.2"
    curves: bool = True
    record: bool = False


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes
    ----------
    settings : Settings
        What holds where nothing is varied.
    vary : mapping of str to list
        The values of each key.
    design : Design
    preset : Preset
        What a document varied; one that varies nothing where none is asked for.
    given : collection of str
        Fields of ``settings`` that are asked for although they are as they are by default: a
        preset, which has other defaults, does not change them.

    Raises
    ------
    OptionError
        If a key is both varied and set.
    """

    settings: Settings
    vary: Mapping[str, Sequence[Any]]
    design: Design
    preset: Preset
    given: Collection[str] = ()

    def __post_init__(self) -> None:
        for key in self.vary:
            if self._is_set(key):
                msg = f"{key} is varied and set. Leave one of the two out."
                raise OptionError(msg)

    def keys(self) -> dict[str, Any]:
        """Return what is varied: the preset's keys, but for those that are set, and the others."""
        preset = {key: values for key, values in self.preset.vary.items() if not self._is_set(key)}
        return {**preset, **self.vary}

    def _is_set(self, key: str) -> bool:
        return is_set(self.settings, key) or OWN.get(key) in self.given

    def merged(self) -> Settings:
        """Return the settings, and for what they do not say the preset's, unless it is varied."""
        default = Settings()
        own = {
            name: value
            for name, value in vars(self.settings).items()
            if name in self.given or value != getattr(default, name)
        }
        recipe = {
            key: value for key, value in self.preset.settings.recipe.items() if key not in self.vary
        }
        own["recipe"] = {**recipe, **self.settings.recipe}
        return replace(self.preset.settings, **own)


def plan_sweep(sets: Sequence[Sets], asked: Asked, run: Run) -> SweepPlan:
    """Plan a sweep; errors as of ``SweepPlan``."""
    design = asked.design
    conditions = Conditions(
        asked.merged(),
        design.validation,
        run.device,
        run.precision,
        design.curves,
        design.record,
    )
    grid = design.grid
    if grid is None:
        grid = not asked.preset.vary
    return SweepPlan(
        [some.aligned() for some in sets],
        conditions,
        plain(asked.keys(), "vary"),
        grid,
        design.repeats,
        design.seed,
    )
