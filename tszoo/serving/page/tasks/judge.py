"""Judge a model on series that it has not learnt, and write its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.pictures import keep_svg
from tszoo.serving.page.reading import read_test
from tszoo.serving.page.tasks.plans import plan_file, read_plan
from tszoo.serving.page.work import Work
from tszoo.storage.files import write_file

if TYPE_CHECKING:
    from tszoo.models.model import Model


def judge_test(desktop: Desktop) -> None:
    """Judge the model on the uploaded test series; raises as ``tszoo.report`` does."""
    from tszoo.models.load import load_folder

    desktop.say("Reading the test series")
    model = load_folder(desktop.work.model)
    test = read_test(desktop.work, model.config)
    desktop.say("Judging the model")
    keep_judged(desktop.work, model, test, "test")


def keep_judged(work: Work, model: Model, dataset: Dataset, of: str) -> None:
    """Write what labelled series say of a model as ``judged``, two pictures and ``report.html``.

    ``of`` says which series they are: ``"held"`` back, or a ``"test"`` file.
    """
    from tszoo.report.judged import judge
    from tszoo.report.report import page

    judged = judge(model, dataset, "cpu", None)
    for name in ("reliability", "explained"):
        keep_svg(work.file(f"{name}.svg"), getattr(judged, name))
    report = page(model, dataset, judged, read_plan(plan_file(work)))
    write_file(work.file("report.html"), report.encode("utf-8"))
    told = {**vars(judged), "explained": bool(judged.explained), "reliability": True}
    work.write("judged", {**told, "of": of, "name": dataset.name, "n_series": dataset.n_series})
