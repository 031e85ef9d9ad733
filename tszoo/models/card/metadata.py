"""The head of a card: what the Hub filters by, shows beside a model, and compares results by."""

from __future__ import annotations

from tszoo.data.ucr.table import ArchiveSet, facts_of
from tszoo.models.card.frontmatter import Value
from tszoo.models.card.reference import hub_repository, source_page
from tszoo.models.config import ModelConfig
from tszoo.storage import checks
from tszoo.storage.hub_names import slug
from tszoo.text import printable

LICENSE = "apache-2.0"
_TASK = "time-series-classification"


def metadata(config: ModelConfig, reference: str) -> dict[str, Value]:
    """Put together a card's metadata, as the Hub's specification of model cards has it.

    There is no ``pipeline_tag``: the Hub knows no such task, so the first tag says it. Results are
    this model's own, one a data set; figures that others published are in the card's text.

    Parameters
    ----------
    config : ModelConfig
    reference : str
        What a reader passes to load the model; the results' source is its page on the Hub, if it
        has one.

    Raises
    ------
    ModelError
        If an accuracy is no plain number from 0 to 1, naming it.
    """
    results = _results(config, reference)
    values: dict[str, Value] = {"license": LICENSE, "library_name": "tszoo", "tags": _tags(config)}
    parents = _base_models(config)
    if parents:
        values |= {
            "base_model": parents[0] if len(parents) == 1 else parents,
            "base_model_relation": "finetune",
        }
    values["datasets"] = list(dict.fromkeys(slug(name) for name in accuracies(config)))
    if results:
        values |= {
            "metrics": ["accuracy"],
            "model-index": [{"name": printable(config.name), "results": results}],
        }
    return values


def accuracies(config: ModelConfig) -> dict[str, float | None]:
    """Accuracy on each data set that the model has learnt, by its name.

    None where none is known.
    """
    if not config.trained_on.parts:
        return {config.trained_on.dataset: config.results.get("accuracy")}
    known = config.results.get("per_dataset") or {}
    return {
        part.dataset: known.get(part.dataset, {}).get("accuracy")
        for part in config.trained_on.parts
    }


def known_facts(config: ModelConfig) -> list[ArchiveSet | None]:
    """Facts about each data set that the model has learnt; None where none are known."""
    if not config.trained_on.parts:
        return [facts_of(config.trained_on.dataset, config.length, config.n_classes)]
    return [facts_of(part.dataset, part.length, part.n_classes) for part in config.trained_on.parts]


def _tags(config: ModelConfig) -> list[str]:
    facts = known_facts(config)
    tags = [
        _TASK,
        "tszoo",
        config.architecture,
        "univariate" if config.n_channels == 1 else "multivariate",
    ]
    tags += [slug(one.kind).lower() for one in facts if one is not None]
    tags += ["ucr"] if all(facts) else []
    tags += [] if config.base is None else ["fine-tuned"]
    return list(dict.fromkeys(tags))


def _base_models(config: ModelConfig) -> list[str]:
    """Repositories of the Hub that the model was fine-tuned from.

    The Hub refuses or misreads any other name.
    """
    if config.base is None:
        return []
    several = config.recipe.get("sources")
    references = [config.base.model, *(several if isinstance(several, list) else [])]
    found = (hub_repository(one) for one in references if isinstance(one, str))
    return list(dict.fromkeys(one for one in found if one is not None))


def _results(config: ModelConfig, reference: str) -> list[dict[str, Value]]:
    """One result a data set.

    The Hub's client puts those of one type, config and split together, so configs differ.
    """
    split = config.results.get("split")
    results: list[dict[str, Value]] = []
    for name, reached in accuracies(config).items():
        if reached is None:
            continue
        checks.fraction(reached, f"the accuracy on {name}")
        dataset: dict[str, Value] = {
            "name": printable(name),
            "type": slug(name),
            "config": printable(name),
        }
        results.append(
            {
                "task": {"type": _TASK, "name": "Time series classification"},
                "dataset": dataset if split is None else {**dataset, "split": printable(split)},
                "metrics": [{"type": "accuracy", "name": "Accuracy", "value": float(reached)}],
                "source": {"name": "tszoo", "url": source_page(reference)},
            }
        )
    return results
