"""From hyper-parameters and a base model to a plan."""

from __future__ import annotations

from typing import Any

from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.serving.sagemaker.hyperparameters import HyperParameters
from tszoo.training.run import Run
from tszoo.transfer.kept_head import check_kept_heads
from tszoo.transfer.plan import Plan
from tszoo.transfer.planning import make_plan

# The recipe's names of what the algorithm calls otherwise.
NUMBERS = {"lr": "learning_rate", "batch-size": "batch_size", "epochs": "epochs"}
NETWORK = ("filters", "depth")
FRESH, KEPT = "heads are fresh", "the heads of the base model go on"


def plan_for(
    target: Dataset, asked: HyperParameters, base: Model | None, run: Run
) -> tuple[Plan, str]:
    """Plan what is asked for, and say in a few words what becomes of the base model's heads.

    Without a base model and without ``source``, networks are InceptionTime's, from scratch. With a
    base model they go on from it: with its heads where it has softmax heads of the same classes,
    else with fresh ones.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError, ZooError
        If the data, a source or a hyper-parameter cannot be used.
    """
    source = _source(asked, base)
    head = asked["head"]
    if head is None and source != "auto":
        head = "softmax"
    keeps, why = _keeps_head(target, base, head)
    plan = make_plan(
        target,
        source,
        head=head,
        members=_members(asked, source, keeps=keeps),
        network=_network(asked, source),
        recipe=_recipe(asked, source, head) or None,
        freeze=asked["freeze"],
        keep_head=keeps,
        level=asked["level"],
        class_weight="balanced" if asked["balance"] else None,
        seed=asked["seed"],
        run=run,
    )
    return plan, why


def _source(asked: HyperParameters, base: Model | None) -> str | Model:
    """Say where networks start; OptionError for what does not go with a base model."""
    if base is None:
        return asked["source"] or "none"
    if asked["source"] is not None:
        msg = (
            f"source={asked['source']}: the channel model has the model to go on from. Leave out "
            "one of them."
        )
        raise OptionError(msg)
    args = base.config.architecture_args
    for name in NETWORK:
        if name in asked.given and asked[name] != args.get(name):
            msg = (
                f"{name}={asked[name]}: the network of the channel model stays as it is "
                f"({name}={args.get(name)}). Leave {name} out."
            )
            raise OptionError(msg)
    return base


def _keeps_head(target: Dataset, base: Model | None, head: str | None) -> tuple[bool, str]:
    """Say whether the base model's heads go on, and in a few words why not."""
    if base is None:
        return False, ""
    if head != "softmax":
        return False, f"base {base.config.name}: {FRESH}, as head={head} asks for"
    try:
        check_kept_heads([base], target)
    except OptionError as error:
        reason = str(error).removeprefix("keep_head=True: ").rpartition(" Leave it out")[0]
        return False, f"base {base.config.name}: {FRESH}. {reason}"
    return True, f"base {base.config.name}: the same classes, so {KEPT}"


def _members(asked: HyperParameters, source: str | Model, *, keeps: bool) -> int | None:
    if "models" in asked.given:
        return int(asked["models"])
    if keeps or source == "auto":
        return None  # as many as the base model has, or as the plan finds best
    return int(asked["models"])


def _network(asked: HyperParameters, source: str | Model) -> dict[str, Any]:
    """Return the network's numbers: all of them from scratch, beside a source what was said."""
    if isinstance(source, Model):
        return {}
    names = NETWORK if source == "none" else [name for name in NETWORK if name in asked.given]
    return {name: asked[name] for name in names}


def _recipe(asked: HyperParameters, source: str | Model, head: str | None) -> dict[str, Any]:
    """Return what is said of training.

    A recipe that is named brings its own numbers. A batch of the default size leaves the recipe's
    rule for small data sets alone: it is 64 at most.
    """
    recipe = {field: asked[name] for name, field in NUMBERS.items() if name in asked.given}
    if asked["recipe"] is not None:
        return {"name": asked["recipe"], **recipe}
    if head in (None, "ridge"):
        return recipe
    name = "fast" if source == "none" or head == "both" else "finetune"
    return {"name": name, "epochs": asked["epochs"], "learning_rate": asked["lr"], **recipe}
