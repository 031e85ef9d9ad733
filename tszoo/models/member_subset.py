"""A model with fewer of its members: smaller to keep, quicker to run, a little less accurate."""

from __future__ import annotations

from dataclasses import replace

from tszoo.errors import OptionError
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.models.record import ModelRecipe, Results
from tszoo.text import show


def first_members(model: Model, k: int) -> Model:
    """Return a model of the first ``k`` members of an ensemble.

    Its config says only what is known of it. The accuracy of each member alone was measured, so
    that of a model of one member is known. That of several members was not measured and is left
    out, as are training accuracy and loss, the seconds taken, and how sure it may be.

    Parameters
    ----------
    model : Model
    k : int
        From 1 to all; with all of them, the model itself is returned.

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
    return replace(
        config,
        members=k,
        recipe=_recipe(config.recipe, k),
        results=_results(config.results, k),
        training=config.training.first(k),
        calibration=None,
    )


def _recipe(recipe: ModelRecipe, k: int) -> ModelRecipe:
    """Keep of a recipe what made the first ``k`` members; those with a ridge head come first."""
    n_frozen = min(k, recipe.n_frozen)
    readout, training = recipe.readout, recipe.training
    if readout is not None:
        readout = readout.first(k)
        if k == n_frozen:
            training = None
    bases = recipe.bases[:k]
    if readout is not None:  # beside ridge heads, trained members start from none
        bases = bases[:n_frozen]
    if len(bases) < 2:  # named only where they are several
        bases = ()
    return replace(recipe, training=training, readout=readout, bases=bases)


def _results(results: Results, k: int) -> Results:
    """Keep what was measured of each member alone, and what is true of any number of them."""
    member_accuracy = results.member_accuracy[:k]
    accuracy = None
    if len(member_accuracy) == k == 1:
        accuracy = member_accuracy[0]
    return Results(
        split=results.split,
        n_series=results.n_series,
        accuracy=accuracy,
        member_accuracy=member_accuracy,
        member_train_loss=results.member_train_loss[:k],
        member_left_out_accuracy=results.member_left_out_accuracy[:k],
        published=results.published,
        simplest=results.simplest,
    )
