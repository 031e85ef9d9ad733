"""What a report says of a model: where it learnt, what was chosen, and on what grounds."""

from __future__ import annotations

from tszoo.data.dataset import Dataset
from tszoo.evaluation.interval import wilson
from tszoo.models.config import ModelConfig
from tszoo.models.record import Simplest
from tszoo.text import duration

Facts = list[tuple[str, str]]
_HEADS = {"ridge": "ridge heads", "both": "ridge and softmax heads"}
_READ = {
    "label": "labels in",
    "id": "ids in",
    "time": "times in",
    "group": "groups in",
    "window": "points of a window",
    "stride": "points from one window to the next",
}


def data_facts(config: ModelConfig, dataset: Dataset | None) -> Facts:
    """Say what the model has learnt, how that was read, and what it is judged on."""
    trained_on = config.trained_on
    learnt = f"{trained_on.dataset}: {trained_on.n_series} series, {config.n_classes} classes"
    facts = [("Learnt", f"{learnt}, {config.n_channels} channel(s), {config.length} points")]
    if config.reading is not None:
        facts += _reading(config)
    prepared = "missing values interpolated"
    if config.preprocessing.normalize:
        prepared += "; each series brought to mean 0 and standard deviation 1"
    if config.preprocessing.unequal:
        prepared += "; series of any length"
    facts.append(("Prepared", prepared))
    if dataset is not None:
        judged = f"{dataset.name}: {dataset.n_series} series"
        if dataset.n_missing:
            judged += f", {dataset.n_missing} values missing"
        facts.append(("Judged on", judged))
        if dataset.read_as:
            facts.append(("Read as", dataset.read_as))
    return facts


def _reading(config: ModelConfig) -> Facts:
    """Say how the table was read that the model has learnt."""
    reading = config.reading
    kind = "a line a point" if reading is not None and reading.by_point else "a line a series"
    found = [f"{what} {getattr(reading, name)}" for name, what in _READ.items()]
    told = [text for text in found if not text.endswith(" None")]
    return [("Its table", ", ".join([kind, *told]))]


def choice_facts(config: ModelConfig) -> Facts:
    """Say which model was made, and what its left-out series said for it."""
    head = _HEADS.get(config.recipe.head, "softmax heads")
    facts = [
        ("Networks", f"{config.members} of kind {config.architecture}, {head}"),
        ("Started from", _start(config)),
    ]
    facts += _grounds(config)
    if config.calibration is not None:
        facts.append(("Calibrated", "how sure it may be was found on series held back"))
    if config.training.seconds is not None:
        facts.append(("Training took", duration(config.training.seconds)))
    return facts


def _start(config: ModelConfig) -> str:
    if config.base is not None:
        return ", ".join(config.recipe.bases) or config.base.model
    if config.recipe.head == "ridge":
        return "no source: random filters"
    return "no source: trained from scratch"


def _grounds(config: ModelConfig) -> Facts:
    """Say what was seen of the model before any test series was."""
    results, facts = config.results, []
    if results.left_out_accuracy is not None:
        why = f"accuracy {results.left_out_accuracy:.3f} on training series, each left out in turn"
        if results.left_out_loss is not None:
            why += f"; log loss {results.left_out_loss:.3f}"
        facts.append(("Why", why))
    if config.training.validation is not None:
        facts.append(("Watched", "on series held out of training"))
    return facts


def recorded_facts(config: ModelConfig) -> Facts:
    """Say which accuracy the model's record has, with its 95% interval."""
    results, facts = config.results, []
    if results.accuracy is not None and results.n_series:
        right = round(results.accuracy * results.n_series)
        facts.append(("Accuracy", with_interval(right, results.n_series)))
        facts.append(
            ("On", f"the {results.split or 'judged'} series of {config.trained_on.dataset}")
        )
    if results.train_accuracy is not None:
        facts.append(("On its own training series", f"{results.train_accuracy:.3f}"))
    if results.simplest is not None:
        facts.append(("To beat", _simplest(results.simplest)))
    if results.published is not None:
        published = results.published
        facts.append((f"Published, {published.name}", f"{published.accuracy:.3f}"))
    return facts


def _simplest(found: Simplest) -> str:
    """Say what the simplest classifiers reach on the training series."""
    text = f"on training series, guessing the largest class reaches {found.majority:.3f}"
    if found.window is not None:
        text += f", and 1-NN DTW {found.neighbour:.3f}, each left out in turn"
    return text


def with_interval(right: int, n: int) -> str:
    """Spell an accuracy and its 95% interval."""
    low, high = wilson(right, n)
    return f"{right / n:.3f} ({right} of {n}); 95% interval {low:.3f} to {high:.3f}"
