"""The card of a model: the README.md that people and the Hub read.

Everything on it comes from the config and the prototypes. A section without facts is left out, and text that came
from data (names, labels) is escaped, so that it can neither break the page nor pass for part of it.
"""

from __future__ import annotations

import json
import re
import shlex
import statistics
from collections.abc import Mapping
from typing import Any

from tszoo.models.config import ModelConfig
from tszoo.models.facts import Facts, facts_of
from tszoo.models.text import printable
from tszoo.similarity.prototypes import Prototypes

LICENSE = "apache-2.0"
MOST_CLASSES_SHOWN = 30
_ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9./_%?=&-]{1,300}")

_CITATIONS = {
    "archive": (
        "H. A. Dau, A. Bagnall, K. Kamgar, C.-C. M. Yeh, Y. Zhu, S. Gharghabi, C. A. Ratanamahatana, E. Keogh: "
        "The UCR time series archive. IEEE/CAA Journal of Automatica Sinica 6(6), 2019. "
        "[doi:10.1109/JAS.2019.1911747](https://doi.org/10.1109/JAS.2019.1911747)"
    ),
    "inception": (
        "H. Ismail Fawaz et al.: InceptionTime: Finding AlexNet for time series classification. "
        "Data Mining and Knowledge Discovery 34, 2020. "
        "[doi:10.1007/s10618-020-00710-y](https://doi.org/10.1007/s10618-020-00710-y)"
    ),
    "fcn": (
        "Z. Wang, W. Yan, T. Oates: Time series classification from scratch with deep neural networks: "
        "a strong baseline. IJCNN 2017. [arXiv:1611.06455](https://arxiv.org/abs/1611.06455)"
    ),
    "convtimenet": (
        "K. Kashiparekh, J. Narwariya, P. Malhotra, L. Vig, G. Shroff: ConvTimeNet: A pre-trained deep convolutional "
        "neural network for time series classification. IJCNN 2019. "
        "[arXiv:1904.12546](https://arxiv.org/abs/1904.12546)"
    ),
    "transfer": (
        "H. Ismail Fawaz, G. Forestier, J. Weber, L. Idoumghar, P.-A. Muller: Transfer learning for time series "
        "classification. IEEE Big Data 2018. [arXiv:1811.01533](https://arxiv.org/abs/1811.01533)"
    ),
}
_CITATIONS["resnet"] = _CITATIONS["fcn"]


def card(config: ModelConfig, prototypes: Prototypes, reference: str | None = None) -> str:
    """Write a model's card: Hub metadata between ``---`` lines, then Markdown.

    Parameters
    ----------
    config : ModelConfig
        Accuracies are shown as ``config.results`` has them; ``published`` stands beside them.
    prototypes : Prototypes
    reference : str or None
        What a reader passes to load the model: the folder's name. None takes the config's name.
    """
    facts = facts_of(config.source.dataset, config.length, config.n_classes)
    sections = [
        f"# {_text(config.name)}",
        _summary(config, facts),
        _section("Source", _source(config, prototypes, facts)),
        _section("Training", _training(config)),
        _section("Results", _results(config)),
        _section("Intended use and limits", _limits(config)),
        _section("How to load it", _usage(config, reference or config.name)),
        _section("Citation", _citations(config, facts)),
    ]
    return f"---\n{_front_matter(config, facts)}\n---\n\n" + "\n\n".join(filter(None, sections)) + "\n"


def _front_matter(config: ModelConfig, facts: Facts | None) -> str:
    from huggingface_hub import EvalResult, ModelCardData  # takes a while to import

    tags = ["time-series-classification", "tszoo", config.architecture]
    tags.append("univariate" if config.n_channels == 1 else "multivariate")
    tags += [] if facts is None else [_slug(facts.kind)]
    tags += [] if config.parent is None else ["fine-tuned"]
    accuracy = config.results.get("accuracy")
    results = None
    if accuracy is not None:
        # results are grouped by data set and config: without a config two data sets would merge
        results = [
            EvalResult(
                task_type="time-series-classification",
                task_name="Time series classification",
                dataset_type=_slug(dataset),
                dataset_name=printable(dataset),
                dataset_config=_slug(dataset),
                dataset_split=config.results.get("split"),
                metric_type="accuracy",
                metric_name="Accuracy",
                metric_value=float(reached),
            )
            for dataset, reached in _reached(config).items()
            if reached is not None
        ]
    data = ModelCardData(
        library_name="tszoo",
        license=LICENSE,
        tags=tags,
        datasets=[_slug(dataset) for dataset in _reached(config)],
        base_model=None if config.parent is None else _repository(config.parent.model),
        metrics=["accuracy"] if results else None,
        model_name=printable(config.name),
        eval_results=results,
    )
    return data.to_yaml().rstrip("\n")


def _reached(config: ModelConfig) -> dict[str, float | None]:
    """Accuracy on each data set that the model has learnt, by its name; None where none is known."""
    if not config.source.parts:
        return {config.source.dataset: config.results.get("accuracy")}
    known = config.results.get("per_dataset") or {}
    return {part.dataset: known.get(part.dataset, {}).get("accuracy") for part in config.source.parts}


def _summary(config: ModelConfig, facts: Facts | None) -> str:
    networks = f"An ensemble of {config.members} networks" if config.members > 1 else "One network"
    if config.source.parts:
        return (
            f"{networks} ({_text(config.architecture)}) trained from scratch on {len(config.source.parts)} data sets "
            "at once, with outputs of its own for each: a source for transfer learning."
        )
    start = f"{networks} ({_text(config.architecture)}) that classifies time series of {_text(config.source.dataset)}"
    start += " (UCR archive)" if facts else ""
    ridge = _has_ridge_head(config)
    if config.parent is None:
        if ridge:
            return f"{start}: random filters under a ridge classifier."
        return f"{start}, trained from scratch: a source for transfer learning."
    revision = "" if config.parent.revision is None else f", revision {_text(config.parent.revision)}"
    parent = f"{_text(_repository(config.parent.model))}{revision}"
    parent += " and other sources, which the recipe names" if config.recipe.get("sources") else ""
    return (
        f"{start}: a ridge classifier on the filters of {parent}." if ridge else f"{start}, fine-tuned from {parent}."
    )


def _has_ridge_head(config: ModelConfig) -> bool:
    """Whether nothing was trained: a classifier was fitted to what filters say that were there already."""
    return config.architecture_args.get("readout") == "stages"


def _source(config: ModelConfig, prototypes: Prototypes, facts: Facts | None) -> str:
    source = config.source
    split = "" if source.split is None else f" of the {_text(source.split)} split"
    names = [_text(name) for name in config.class_names[:MOST_CLASSES_SHOWN]]
    more = config.n_classes - len(names)
    lengths = sorted({series.shape[1] for series in prototypes.series})
    spans = str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    rows = {
        "Data sets": f"{len(source.parts)}, called {_text(source.dataset)} together" if source.parts else None,
        "Data set": None if source.parts else _text(source.dataset),
        "Kind": facts.kind if facts else None,
        "Series": f"{source.n_series}{split}",
        "Channels": str(config.n_channels),
        "Length": f"{config.length} points",
        "Classes": f"{config.n_classes}: {', '.join(names)}" + (f" and {more} more" if more else ""),
        "Prototypes": f"one a class, of {spans} points, in `prototypes.safetensors`",
        "SHA-256 of the data": f"`{source.sha256}`",
    }
    text = (f"{facts.about}\n\n" if facts else "") + _table(("", ""), rows)
    return f"{text}\n\n{_parts(config)}" if source.parts else text


def _parts(config: ModelConfig) -> str:
    """List the data sets of a model that was trained on several, with what it reaches on each."""
    known, reached = config.results.get("per_dataset") or {}, _reached(config)
    lines = [
        "| Data set | Series | Classes | Length | Accuracy | On the training series |",
        "|---|---|---|---|---|---|",
    ]
    for part in config.source.parts:
        fitted = known.get(part.dataset, {}).get("train_accuracy")
        cells = (
            part.n_series,
            part.n_classes,
            part.length,
            _number(reached[part.dataset]) or "",
            _number(fitted) or "",
        )
        lines.append(f"| {_text(part.dataset)} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _training(config: ModelConfig) -> str:
    known = config.training
    epochs, seconds, versions = known.get("epochs"), known.get("seconds"), known.get("versions")
    prepared = (
        "each series and channel to mean 0 and standard deviation 1" if config.preprocessing.normalize else "none"
    )
    if config.preprocessing.unequal:
        prepared += "; lengths differ, padding is masked"
    rows = {
        "Architecture": _text(config.architecture) + _arguments(config.architecture_args),
        "Members": str(config.members),
        "Preprocessing": prepared,
        "Epochs of each member": ", ".join(map(str, epochs)) if epochs and any(epochs) else None,
        "Stopped early": "; ".join(f"{_text(who)}: {_text(why)}" for who, why in (known.get("stopped") or {}).items()),
        "Held out": _held_out(known.get("validation")),
        "Time": f"{seconds:.0f} s" if seconds is not None else None,
        "Device": _optional(known.get("device")),
        "Precision": _optional(known.get("precision")),
        "Date": _optional(known.get("date")),
        "Versions": ", ".join(f"{_text(k)} {_text(v)}" for k, v in sorted(versions.items())) if versions else None,
    }
    rows |= {f"Recipe: {_text(key)}": _text(_value(value)) for key, value in config.recipe.items()}
    return _table(("", ""), rows)


def _held_out(validation: Mapping[str, Any] | None) -> str | None:
    if validation is None:
        return None
    split = "" if validation["split"] is None else f" ({_text(validation['split'])} split)"
    return (
        f"{validation['n_series']} series of {_text(validation['dataset'])}{split}, to watch the training by: "
        "it did not see them, and chose nothing by them"
    )


def _results(config: ModelConfig) -> str:
    results = config.results
    accuracy, members, published = results.get("accuracy"), results.get("member_accuracy"), results.get("published")
    rows = {"**Ensemble**" if config.members > 1 else "**Accuracy**": _number(accuracy)}
    if members and config.members > 1:
        rows |= {f"Member {k}": f"{value:.4f}" for k, value in enumerate(members)}
    if published is not None and accuracy is not None:
        rows[f"{_published_name(published)}, as published"] = f"{published['accuracy']:.4f}"
    rows["On the training series"] = _number(results.get("train_accuracy"))
    rows["On each training series, by a fit to the others"] = _number(results.get("left_out_accuracy"))
    if not any(rows.values()):
        return ""
    split = "held-out" if results.get("split") is None else _text(results["split"])
    count = "" if results.get("n_series") is None else f" of {results['n_series']} series"
    text = _table(("", "Accuracy"), rows)
    if accuracy is not None:
        over = ": the mean over the data sets, each among its own classes" if config.source.parts else ""
        text = f"Accuracy on the {split} split{count}{over}.\n\n{text}"
        if split == "test":
            text += (
                "\n\nThe test split was read for this table alone: training did not see it, and chose nothing by it."
            )
    if members and config.members > 1:
        text += (
            f"\n\nThe members reach {statistics.fmean(members):.4f} on average, from {min(members):.4f} to "
            f"{max(members):.4f} (standard deviation {statistics.pstdev(members):.4f})."
        )
    return text


def _published_name(published: Mapping[str, Any]) -> str:
    name, url = _text(published["name"]), published.get("url")
    return f"[{name}]({url})" if isinstance(url, str) and _ADDRESS.fullmatch(url) else name


def _limits(config: ModelConfig) -> str:
    use = (
        "Made to be fine-tuned: start from it when your series look like its prototypes, and compare with training "
        "from scratch."
        if config.parent is None and not _has_ridge_head(config)
        else "Made to classify series recorded and cut out as its training series were."
    )
    learnt, sure = "trained" if config.parent is None else "fine-tuned", "Its probabilities are not calibrated"
    if _has_ridge_head(config):
        learnt, sure = "fitted", "Its probabilities are as sure as its training series, left out one by one, allow"
    points = [
        f"It was {learnt} on {config.source.n_series} series of "
        f"{'the data sets above' if config.source.parts else 'one data set'}; what it says of other data, without "
        "fine-tuning, means nothing.",
        f"{sure}, and every series gets one of its classes: it cannot say that a series belongs to none.",
    ]
    if config.source.parts:
        points.insert(
            1,
            "Its probabilities compare classes of one data set: those of different data sets were never told apart.",
        )
    if config.preprocessing.normalize:
        points.insert(0, "Series are normalised one by one, so level and scale, where they matter, are lost.")
    if not config.preprocessing.unequal:
        points.insert(0, f"As it is, it takes series of exactly {config.length} points; fine-tuned, of any length.")
    return f"{use}\n\n" + "\n".join(f"- {point}" for point in points)


def _usage(config: ModelConfig, reference: str) -> str:
    name = json.dumps(printable(reference))
    shape = f"(3, {config.n_channels}, {config.length})"
    lines = [
        "import numpy as np",
        "import tszoo",
        "",
        f"model = tszoo.load_model({name})",
        f"X = np.random.default_rng(0).standard_normal({shape})  # three series, channels, points: put yours here",
        "print(model.predict(X))",
        "print(model.predict_proba(X))",
    ]
    return (
        "From the folder that holds this model's folder:\n\n```python\n" + "\n".join(lines) + "\n```\n\n"
        f"On the command line:\n\n```bash\ntszoo info {shlex.quote(printable(reference))}\n```"
    )


def _citations(config: ModelConfig, facts: Facts | None) -> str:
    keys = [config.architecture]
    keys += ["archive"] if facts is not None or config.results.get("published") else []
    keys += ["transfer"] if config.parent is not None else []
    return "\n".join(f"- {_CITATIONS[key]}" for key in keys if key in _CITATIONS)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _table(head: tuple[str, str], rows: Mapping[str, str | None]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join(lines + [f"| {key} | {value} |" for key, value in rows.items() if value])


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ": " + ", ".join(f"{_text(k)} {_text(_value(v))}" for k, v in arguments.items()) if arguments else ""


def _optional(value: str | None) -> str | None:
    return None if value is None else _text(value)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """Escape text for Markdown: it shows as it is, and means nothing; addresses do not become links either."""
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//"}

    def escaped(match: re.Match[str]) -> str:
        found = match[0]
        return f"{found[:-1]}&#46;" if found.endswith(".") else entities.get(found, f"\\{found}")

    return re.sub(r"(?i)://|www\.|[&<>@\\`*_\[\]|~$]", escaped, printable(text))


def _slug(text: str) -> str:
    """Text as an identifier of the Hub."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:96] or "unnamed"


def _repository(reference: str) -> str:
    """Name of a model without the way to it: no reader can follow a path of the author's machine."""
    if reference.startswith("hf://"):
        return "/".join(_slug(part) for part in reference[len("hf://") :].split("@")[0].split("/")[:2])
    return _slug(re.split(r"[/\\]", reference.rstrip("/\\"))[-1])
