"""The Hub's view of a card: whether its front matter is valid, and the tags that follow from it."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

import yaml

from tests.support.hub_server.store import Tree

PIPELINE_TAGS = frozenset(
    re.findall(
        r"[\w-]+",
        """
any-to-any audio-classification audio-text-to-text audio-to-audio automatic-speech-recognition
depth-estimation document-question-answering feature-extraction fill-mask graph-ml
image-classification image-feature-extraction image-segmentation image-text-to-text image-to-3d
image-to-image image-to-text image-to-video keypoint-detection mask-generation multiple-choice
object-detection other question-answering reinforcement-learning robotics sentence-similarity
summarization table-question-answering table-to-text tabular-classification tabular-regression
tabular-to-text text-classification text-generation text-ranking text-retrieval text-to-3d
text-to-audio text-to-image text-to-speech text-to-video time-series-forecasting
token-classification translation unconditional-image-generation video-classification
video-text-to-text video-to-video visual-document-retrieval visual-question-answering
voice-activity-detection zero-shot-classification zero-shot-image-classification
zero-shot-object-detection
""",
    )
)
REPO_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
EMPTY = "empty or missing yaml metadata in repo card"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without objects of any language, and without a key that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value]
        if len(set(keys)) < len(keys):
            msg = f"duplicated mapping key among {keys}"
            raise yaml.YAMLError(msg)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=4096)
def check(content: str) -> tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]:
    """The front matter of a card, what is wrong with it, and what may be."""
    found = re.match(r"\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", content, re.DOTALL)
    if found is None:
        return {}, (), (EMPTY,)
    try:
        data = yaml.load(found[1], Loader)
    except (yaml.YAMLError, ValueError) as error:
        return {}, (f"YAML: {error}",), ()
    if data is None:
        return {}, (), (EMPTY,)
    if not isinstance(data, dict):
        return {}, ("The metadata must be a mapping.",), ()
    errors = [*_plain_errors(data), *_index_errors(data.get("model-index"))]
    return ({} if errors else data), tuple(errors), ()


def _plain_errors(data: dict[str, Any]) -> list[str]:
    errors = []
    for name in ("tags", "datasets", "metrics", "base_model", "language", "license"):
        values = data.get(name, [])
        values = values if isinstance(values, list) else [values]
        if not all(isinstance(value, str) and value for value in values):
            errors.append(f'"{name}" must be a string or a list of strings')
        elif name == "base_model" and not all(REPO_ID.fullmatch(value) for value in values):
            errors.append(
                f'"base_model" with value "{values[0]}" is not valid. Use a model id from '
                "https://hf.co/models."
            )
    if not isinstance(data.get("library_name", ""), str):
        errors.append('"library_name" must be a string')
    if "pipeline_tag" in data and data["pipeline_tag"] not in PIPELINE_TAGS:
        errors.append(
            f'"pipeline_tag" must be one of the known tasks, not "{data["pipeline_tag"]}"'
        )
    return errors


def _index_errors(index: Any) -> list[str]:
    if index is None:
        return []
    if not isinstance(index, list) or not index:
        return ['"model-index" must be a list of models']
    errors = []
    for i, model in enumerate(index):
        at = f"model-index[{i}]"
        if not isinstance(model, dict) or not isinstance(model.get("name"), str):
            errors.append(f'"{at}.name" is required')
        elif not isinstance(model.get("results"), list):
            errors.append(f'"{at}.results" must be an array')
        else:
            for j, result in enumerate(model["results"]):
                errors += _result_errors(result, f"{at}.results[{j}]")
    return errors


def _result_errors(result: Any, at: str) -> list[str]:
    if not isinstance(result, dict):
        return [f'"{at}" must be an object']
    errors = []
    for part, names in (("task", ("type",)), ("dataset", ("name", "type"))):
        value = result.get(part)
        value = value if isinstance(value, dict) else {}
        missing = [
            name for name in names if not isinstance(value.get(name), str) or not value[name]
        ]
        errors += [f'"{at}.{part}.{name}" is required' for name in missing]
    metrics = result.get("metrics")
    if not isinstance(metrics, list) or not metrics:
        return [*errors, f'"{at}.metrics" is required']
    for k, metric in enumerate(metrics):
        if not isinstance(metric, dict) or not isinstance(metric.get("type"), str):
            errors.append(f'"{at}.metrics[{k}].type" is required')
        elif "value" not in metric:
            errors.append(f'"{at}.metrics[{k}].value" is required')
        elif isinstance(metric["value"], float) and not math.isfinite(metric["value"]):
            errors.append(f'"{at}.metrics[{k}].value" must be a finite number')
    source = result.get("source", {})
    if source and not (
        isinstance(source, dict) and str(source.get("url", "")).startswith(("https://", "http://"))
    ):
        errors.append(f'"{at}.source.url" must be a valid uri')
    return errors


def metadata(tree: Tree) -> dict[str, Any]:
    """The front matter of a tree's README.md; empty if there is none or it is not valid."""
    return check(tree["README.md"].data.decode(errors="replace"))[0] if "README.md" in tree else {}


def tags(tree: Tree) -> list[str]:
    """What a model can be filtered by."""
    data = metadata(tree)

    def several(name: str) -> list[str]:
        value = data.get(name, [])
        return value if isinstance(value, list) else [value]

    found = [data[name] for name in ("library_name", "pipeline_tag") if name in data]
    found += ["safetensors"] if any(path.endswith(".safetensors") for path in tree) else []
    found += [*several("tags"), *several("language")]
    found += ["model-index"] if "model-index" in data else []
    found += [f"{name}:{value}" for name in ("base_model", "license") for value in several(name)]
    found += [f"dataset:{value}" for value in several("datasets")] + ["region:us"]
    return list(dict.fromkeys(found))
