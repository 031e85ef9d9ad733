"""Write all that is known of a model into one page."""

from __future__ import annotations

from datetime import date
from importlib import resources
from pathlib import Path

from tszoo import __version__
from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError
from tszoo.models.model import Model, Progress
from tszoo.report.card_html import card_html
from tszoo.report.chosen import chosen
from tszoo.report.facts import choice_facts, data_facts, recorded_facts
from tszoo.report.judged import Judged, judge
from tszoo.storage.files import reason, write_file
from tszoo.transfer.plan import Plan

TEMPLATE = "page.html.j2"


def write_report(
    model: Model,
    path: str | Path,
    dataset: Dataset | None = None,
    *,
    plan: Plan | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> None:
    """Write a report of a model as one HTML file, which loads nothing and runs nothing.

    Parameters
    ----------
    model : Model
        With classes: a universal body has no answers to report on.
    path : str or Path
        Ends in .html. Written in one step.
    dataset : Dataset or None
        Labelled series to judge the model on: accuracy with its 95% interval (Wilson 1927),
        confusion, reliability, and the surest of its errors, explained. Without them the report
        has what the model's record has.
    plan : Plan or None
        What the model was made by: the report then says what was weighed and what beat what.
        ``tszoo.transfer.plan_file.plan_of`` reads it beside a model of ``tszoo finetune``.
    device : str
        Where to compute.
    progress : callable or None
        Called with (series done, series in all).

    Raises
    ------
    DataError
        If the series have no labels, or the model cannot take them.
    OptionError
        If the model is a universal body, the name ends otherwise, or the file cannot be written.
    MissingExtraError
        If there is a data set, and matplotlib is not installed.
    """
    path = check_html(path)
    if model.config.is_universal:
        msg = f"{model.config.name}: a universal body has no classes, so no answers to report on."
        raise OptionError(msg)
    judged = None
    if dataset is not None:
        judged = judge(model, dataset, device, progress)
    text = page(model, dataset, judged, plan)
    try:
        write_file(path, text.encode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be written ({reason(error)})."
        raise OptionError(msg) from error


def check_html(path: str | Path) -> Path:
    """Return the path; raise OptionError if its name does not end in .html."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        msg = f"{path}: a report is one page; give a name that ends in .html."
        raise OptionError(msg)
    return path


def page(
    model: Model, dataset: Dataset | None, judged: Judged | None, plan: Plan | None = None
) -> str:
    """Fill the page's template; all text is escaped, but for pictures and the card."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    source = (resources.files("tszoo.report") / TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    # the drawing library has escaped what stands in its pictures
    pictures = {}
    if judged is not None:
        pictures = {
            name: Markup(getattr(judged, name))  # noqa: S704
            for name in ("reliability", "explained")
        }
    config = model.config
    return environment.from_string(source).render(
        name=config.name,
        version=__version__,
        date=date.today().isoformat(),
        judged=None if judged is None else {**vars(judged), **pictures},
        recorded=recorded_facts(config),
        data=data_facts(config, dataset),
        choice=choice_facts(config),
        chosen=None if plan is None else chosen(plan),
        learnt_it=dataset is not None and config.trained_on.holds(dataset.sha256),
        card=Markup(card_html(model)),  # noqa: S704
    )
