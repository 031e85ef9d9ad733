"""``plan.json`` beside a model: what was decided before it was made, and why."""

from __future__ import annotations

from pathlib import Path

from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig
from tszoo.storage.files import read_checked, write_file
from tszoo.storage.layout import PLAN
from tszoo.transfer.plan import Plan


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a plan beside the model that it made.

    Raises
    ------
    ModelError
        If a source is in memory alone.
    OSError
        If the file cannot be written.
    """
    write_file(folder / PLAN, plan.to_json().encode("utf-8"))


def plan_of(folder: Path, config: ModelConfig) -> Plan | None:
    """Read the plan beside a model; None if there is none, or one for other data.

    Raises
    ------
    ModelError
        If the file is no plan.
    """
    path = folder / PLAN
    if not path.exists():
        return None
    try:
        plan = Plan.from_json(read_checked(folder, PLAN))
    except ModelError as error:
        msg = f"{path}: {error} The model does without it: delete it."
        raise ModelError(msg) from error
    if plan.target.sha256 != config.trained_on.sha256:
        return None
    return plan
