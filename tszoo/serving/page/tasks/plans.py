"""Plans of a work: those of both ways, and the one that is being done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tszoo.serving.page.work import Work

if TYPE_CHECKING:
    from tszoo.transfer.plan import Plan


def plan_file(work: Work, head: str = "") -> Path:
    """Name the file of a plan: for a head, or the one that is being done."""
    return work.file(f"plan.{head}.json" if head else "plan.json")


def read_plan(path: Path) -> Plan | None:
    """Read a plan that was kept; None if none was."""
    from tszoo.transfer.plan import Plan

    if not path.exists():
        return None
    return Plan.from_json(path.read_text(encoding="utf-8"))


def keep_plan(work: Work, plan: Plan) -> None:
    """Keep the plan that is being done, and what the page says of it as ``planned``."""
    plan_file(work).write_text(plan.to_json(), encoding="utf-8")
    told: dict[str, Any] = {
        "text": str(plan),
        "seconds": plan.seconds,
        "trained": plan.ensemble.n_trained,
        "members": plan.ensemble.members,
        "head": plan.head,
    }
    work.write("planned", told)
