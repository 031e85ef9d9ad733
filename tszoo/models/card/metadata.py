"""The head of a card: what the Hub filters by, shows beside a model, and compares results by."""

from __future__ import annotations

from tszoo.data.ucr.table import ArchiveSet, facts_of
from tszoo.models.card.frontmatter import Value
from tszoo.models.card.reference import hub_repository, source_page, title
from tszoo.models.config import ModelConfig
from tszoo.models.record import PartResults
from tszoo.storage.hub_names import is_hub_name, slug
from tszoo.text import printable

# The Hub has no task of this name; of those that it has, a table of series comes nearest.
_PIPELINE = "tabular-classification"
_TASK = "time-series-classification"


def metadata(config: ModelConfig, reference: str) -> dict[str, Value]:
    """Put together a card's metadata, as the Hub's specification of model cards has it.

    Results are this model's own, one a data set; figures that others published are in the card's
    text. So are data sets, unless their names are those of repositories of the Hub, to which it
    would link any other. A licence is there only where the config has one.

    Parameters
    ----------
    config : ModelConfig
    reference : str
        What a reader passes to load the model; the results' source is its page on the Hub, if it
        has one.

    """
    results = _results(config, reference)
    values: dict[str, Value] = {}
    if config.license is not None:
        values["license"] = config.license
    values |= {"library_name": "tszoo", "pipeline_tag": _PIPELINE, "tags": _tags(config)}
    bases = _base_models(config)
    if bases:
        values |= {"base_model": bases, "base_model_relation": "finetune"}
    if len(bases) == 1:
        values["base_model"] = bases[0]
    datasets = [name for name in accuracies(config) if _is_repository(name)]
    if datasets:
        values["datasets"] = datasets
    if results:
        values |= {
            "metrics": ["accuracy"],
            "model-index": [{"name": printable(title(config.name, reference)), "results": results}],
        }
    return values


def _is_repository(name: str) -> bool:
    """Whether a data set's name is spelled as a repository of the Hub: ``ORG/NAME``."""
    parts = name.split("/")
    return len(parts) == 2 and all(map(is_hub_name, parts))


def accuracies(config: ModelConfig) -> dict[str, float | None]:
    """Return the accuracy on each data set that the model has learnt, by name.

    None if not known.
    """
    if config.is_universal:
        return {part.dataset: None for part in config.trained_on.parts}
    if not config.trained_on.parts:
        return {config.trained_on.dataset: config.results.accuracy}
    none = PartResults()
    reached = config.results.per_dataset
    return {
        part.dataset: reached.get(part.dataset, none).accuracy for part in config.trained_on.parts
    }


def known_facts(config: ModelConfig) -> list[ArchiveSet | None]:
    """Facts about each data set that the model has learnt; None where none are known."""
    if not config.trained_on.parts and not config.is_universal:
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
    tags += [slug(fact.kind).lower() for fact in facts if fact is not None]
    if config.is_universal:
        tags.append("universal")
    if facts and all(facts):
        tags.append("ucr")
    if config.base is not None:
        tags.append("fine-tuned")
    return list(dict.fromkeys(tags))


def _base_models(config: ModelConfig) -> list[str]:
    """List the repositories of the Hub that the model did start from.

    The Hub refuses or misreads any other name.
    """
    if config.base is None:
        return []
    repositories = (hub_repository(base) for base in (config.base.model, *config.recipe.bases))
    return list(dict.fromkeys(name for name in repositories if name is not None))


def _results(config: ModelConfig, reference: str) -> list[dict[str, Value]]:
    """One result a data set.

    The Hub's client puts those of one type, config and split together, so configs differ.
    """
    split = config.results.split
    results: list[dict[str, Value]] = []
    for name, reached in accuracies(config).items():
        if reached is None:
            continue
        dataset: dict[str, Value] = {
            "name": printable(name),
            "type": slug(name),
            "config": printable(name),
        }
        if split is not None:
            dataset["split"] = printable(split)
        results.append(
            {
                "task": {"type": _TASK, "name": "Time series classification"},
                "dataset": dataset,
                "metrics": [{"type": "accuracy", "name": "Accuracy", "value": float(reached)}],
                "source": {"name": "tszoo", "url": source_page(reference)},
            }
        )
    return results
