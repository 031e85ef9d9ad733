"""The tasks, by what they are called in a job."""

from __future__ import annotations

from collections.abc import Callable

from tszoo.serving.page.tasks.answer import answer
from tszoo.serving.page.tasks.export import export
from tszoo.serving.page.tasks.fit import fit
from tszoo.serving.page.tasks.judge import judge_test
from tszoo.serving.page.tasks.weigh import weigh

ACTIONS: dict[str, Callable[..., None]] = {
    "weigh": weigh,
    "fit": fit,
    "judge": judge_test,
    "answer": answer,
    "export": export,
}
