"""A model with fewer of its members: smaller to keep, quicker to run, a little less accurate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tszoo.errors import OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.text import show

# Of results, what is said of each member by itself, and what is true of any number of them. All
# else was measured on all members together: accuracies, losses, each data set's of a joint model.
_RESULTS_A_MEMBER = ("member_accuracy", "member_train_loss")
_RESULTS_OF_ANY = ("split", "n_series", "published")
# The other entries of these were written down member by member, or hold for any number.
_TRAINING_A_MEMBER = ("epochs", "best_epoch")
_RECIPE_A_MEMBER = ("penalty", "temperature")  # of a ridge head


def first_members(model: Model, k: int) -> Model:
    """Take the first members of an ensemble as a model.

    Its config says only what is known of it. The accuracy of one member alone was measured beside
    the ensemble's, and is told; that of several was not, and is left out, as are training accuracy
    and loss and the seconds taken.

    Parameters
    ----------
    model : Model
    k : int
        How many, from 1 to all; with all of them, the model itself is returned.

    Raises
    ------
    OptionError
        If the model does not have that many members.
    """
    members = model.config.members
    if type(k) is not int or not 1 <= k <= members:
        msg = (
            f"{model.config.name} has {members} member(s); from 1 to {members} of them can be "
            f"taken, not {show(k)}."
        )
        raise OptionError(msg)
    if k == members:
        return model
    return replace(model, config=_config(model.config, k), networks=model.networks[:k])


def _config(config: ModelConfig, k: int) -> ModelConfig:
    training = _shortened(config.training, _TRAINING_A_MEMBER, k)
    training.pop("seconds", None)
    best = config.training.get("best_epoch")
    if not isinstance(best, list) or len(best) != config.members:
        training.pop(
            "best_epoch", None
        )  # of both heads, it was once that of the trained members alone
    stopped = training.pop("stopped", None) or {}
    left = {
        f"member {number}": stopped[f"member {number}"]
        for number in range(k)
        if f"member {number}" in stopped
    }
    if left:
        training["stopped"] = left
    recipe, results = _recipe(config.recipe, k), _results(config.results, k)
    return replace(config, members=k, recipe=recipe, training=training, results=results)


def _recipe(recipe: Mapping[str, Any], k: int) -> dict[str, Any]:
    """Keep of a recipe what made the first ``k`` members.

    Of both heads, the frozen ones come first.
    """
    frozen, readout = recipe.get("frozen"), recipe.get("readout")
    if recipe.get("head") != "both" or type(frozen) is not int or not isinstance(readout, dict):
        return _first_sources(_shortened(recipe, _RECIPE_A_MEMBER, k), k)
    frozen = min(k, frozen)
    kept, readout = _first_sources(recipe, frozen), _shortened(readout, _RECIPE_A_MEMBER, frozen)
    if k == frozen:
        return {**readout, **{key: kept[key] for key in ("sharper", "sources") if key in kept}}
    return {**kept, "frozen": frozen, "trained": k - frozen, "readout": readout}


def _first_sources(recipe: Mapping[str, Any], k: int) -> dict[str, Any]:
    """Copy a recipe, keeping the models that the first ``k`` members started from."""
    kept = _shortened(recipe, ("sources",), k)
    if isinstance(kept.get("sources"), list) and len(kept["sources"]) == 1:
        del kept["sources"]  # named only where they are several; the first is the parent
    return kept


def _results(results: Mapping[str, Any], k: int) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in results.items()
        if key in (*_RESULTS_OF_ANY, *_RESULTS_A_MEMBER)
    }
    kept = _shortened(kept, _RESULTS_A_MEMBER, k)
    if k == 1 and kept.get("member_accuracy"):
        kept["accuracy"] = kept["member_accuracy"][0]
    return kept


def _shortened(values: Mapping[str, Any], keys: tuple[str, ...], k: int) -> dict[str, Any]:
    """Copy an object of a config, keeping of its lists of these names the first entries."""
    return {
        key: value[:k] if key in keys and isinstance(value, list) else value
        for key, value in values.items()
    }
