"""From what is asked for to the plan of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tszoo.errors import OptionError
from tszoo.storage.strict_json import plain
from tszoo.study.presets import Preset
from tszoo.study.settings import Settings, is_set
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
    """

    grid: bool | None = None
    repeats: int = 1
    seed: int = 0
    validation: str = "0.2"
    curves: bool = True


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

    Raises
    ------
    OptionError
        If a key is both varied and set.
    """

    settings: Settings
    vary: Mapping[str, Sequence[Any]]
    design: Design
    preset: Preset

    def __post_init__(self) -> None:
        for key in self.vary:
            if is_set(self.settings, key):
                msg = f"{key} is varied and set. Leave one of the two out."
                raise OptionError(msg)

    def keys(self) -> dict[str, Any]:
        """Return what is varied: the preset's keys, but for those that are set, and the others."""
        preset = {
            key: values
            for key, values in self.preset.vary.items()
            if not is_set(self.settings, key)
        }
        return {**preset, **self.vary}

    def merged(self) -> Settings:
        """Return the settings, and for what they do not say the preset's, unless it is varied."""
        default = Settings()
        own = {
            name: value
            for name, value in vars(self.settings).items()
            if value != getattr(default, name)
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
        asked.merged(), design.validation, run.device, run.precision, design.curves
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
