"""The sections of a universal body's card: what it is, what it saw, how to put a head on it."""

from __future__ import annotations

import shlex

from tszoo.data.ucr.table import kin_of
from tszoo.models.card.markdown import code, escaped, number, table
from tszoo.models.config import ModelConfig
from tszoo.models.record import EpisodicRecord
from tszoo.storage.hub_names import SCHEME
from tszoo.text import counted, printable

KINDS_OF_EPISODES = {0.0: "real episodes alone", 1.0: "made-up episodes alone"}


def summary(config: ModelConfig) -> str:
    """Say in one sentence what the body is."""
    n_sets = len(config.trained_on.parts)
    learnt = f"in episodes of {counted(n_sets, 'data set')} and made-up ones"
    if not n_sets:
        learnt = "in made-up episodes alone"
    return (
        f"A universal body ({escaped(config.architecture)}), trained {learnt} so that a ridge head "
        "on its frozen features tells the classes of new data apart. It has no head of its own."
    )


def source(config: ModelConfig) -> str:
    """Describe the data that the body has seen."""
    data, record = config.trained_on, _record(config)
    rows = {
        "Data sets": str(len(data.parts)),
        "Series": f"{data.n_series}",
        "Length": f"up to {config.length} points, brought to {_listed(record.recipe.lengths)}",
        "Episodes": _episodes(record),
        "SHA-256 of the data": f"`{data.sha256}`",
    }
    text = table(("", ""), rows)
    if not data.parts:
        return text
    names = ", ".join(escaped(part.dataset) for part in data.parts)
    return f"{text}\n\nIt has seen the training splits of: {names}."


def results(config: ModelConfig) -> str:
    """Show what episodes of data that it has not learnt came to."""
    record = _record(config)
    rows = {
        "Query series in the last steps of training": number(record.accuracy),
        "Query series of held-out data sets": number(record.held_out_accuracy),
        "The same, of the body before training": number(record.held_out_untrained),
    }
    if not any(rows.values()):
        return ""
    text = table(("", "Accuracy"), rows)
    if record.held_out:
        names = ", ".join(map(escaped, record.held_out))
        text += f"\n\nHeld out, and so not learnt: {names}."
    return text


def limits(config: ModelConfig) -> str:
    """Say what the body is for, and what it must not be judged on."""
    learnt = {part.dataset for part in config.trained_on.parts}
    kin = sorted({other for name in learnt for other in kin_of(name)} - learnt)
    points = [
        "Features depend on a series' shape: series are normalised one by one, so level and scale, "
        "where they matter, are lost.",
        "It sees one channel; series of several go through it channel by channel.",
    ]
    if learnt:
        points.append(
            "It must not be judged on the data sets above, nor on recordings of the same kind: its "
            "accuracy there says nothing about new data."
        )
    if kin:
        points.append(f"Recordings of the same kind: {', '.join(map(escaped, kin))}.")
    lines = "\n".join(f"- {point}" for point in points)
    return f"Made to be read by a ridge head on your own labelled series, few or many.\n\n{lines}"


def usage(reference: str) -> str:
    """Show how to put a head on the body, and how to look at its features."""
    name = repr(printable(reference))
    if '"' not in name:
        name = f'"{printable(reference)}"'
    python = code(
        "python",
        "import numpy as np",
        "import tszoo",
        "",
        f"body = tszoo.Model.load({name})",
        "X = np.random.default_rng(0).standard_normal((8, 1, 100))  "
        "# eight series, channels, points: put yours here",
        "print(body.embed(X).shape)",
        "",
        'target = tszoo.Dataset.from_arrays(X, ["walk", "run"] * 4)  # a label for each: '
        "put yours here",
        'model = tszoo.finetune(target, source=body, head="ridge")',
        "print(model.predict(X))",
    )
    install = "From the folder that holds this model's folder:"
    if reference.startswith(SCHEME):
        install = code("bash", "pip install tszoo")
    command = code("bash", f"tszoo info {shlex.quote(printable(reference))}")
    return f"{install}\n\n{python}\n\nOn the command line:\n\n{command}"


def recipe_rows(record: EpisodicRecord) -> list[tuple[str, object]]:
    """List every number of the training."""
    values = record.to_dict()
    hyperparameters = values.pop("recipe")
    kept = {name: values[name] for name in ("steps", "seed")}
    return [*kept.items(), *hyperparameters.items()]


def _record(config: ModelConfig) -> EpisodicRecord:
    record = config.recipe.episodic
    if record is None:
        msg = f"{config.name} is no universal body."
        raise TypeError(msg)
    return record


def _episodes(record: EpisodicRecord) -> str:
    share = record.recipe.synthetic
    kinds = KINDS_OF_EPISODES.get(share, f"{1 - share:.0%} real, {share:.0%} made up")
    return f"{kinds}; {record.recipe.series} series of {_listed(record.recipe.classes)} classes"


def _listed(numbers: tuple[int, ...]) -> str:
    *first, last = map(str, numbers)
    if not first:
        return last
    return f"{', '.join(first)} or {last}"
