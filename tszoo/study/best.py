"""Fit what a sweep found best to all training series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.study.perform import decide
from tszoo.study.settings import DATA_KEYS
from tszoo.study.sweep_plan import SweepPlan
from tszoo.training.run import Run
from tszoo.transfer.fit import fit_ensemble


def check_best(plan: SweepPlan) -> None:
    """Raise OptionError, before the work, if no one model can be fitted of a sweep."""
    if len(plan.sets) > 1:
        msg = f"the best is fitted to one data set, and there are {len(plan.sets)}."
        raise OptionError(msg)
    settings = plan.conditions.settings
    for key in DATA_KEYS:
        if key in plan.vary or getattr(settings, key) is not None:
            msg = f"the best is fitted to all series as they are, so {key} cannot be chosen."
            raise OptionError(msg)


def fit_best(plan: SweepPlan, values: Mapping[str, Any], run: Run | None = None) -> Model:
    """Fit a combination of values to all training series, those that were held out as well.

    The test split is read once, to report.

    Parameters
    ----------
    plan : SweepPlan
    values : mapping
        As ``SweepPlan.all_values`` completes them.
    run : Run or None
        None is the sweep's device and precision.
    """
    check_best(plan)
    conditions = plan.conditions
    run = run or Run(device=conditions.device, precision=conditions.precision)
    sets = plan.sets[0]
    candidates = plan.candidates()
    changes = next(some for some in candidates if plan.all_values(some) == dict(values))
    ready = decide(conditions.settings.changed(changes), sets.train, plan.seed, run)
    return fit_ensemble(ready.ensemble, ready.start, sets.train, test=sets.test, run=run)
