"""A source model: an ensemble trained from scratch on one data set."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from tszoo.data import Dataset
from tszoo.data.given import as_dataset
from tszoo.data.weights import ClassWeight
from tszoo.models.model import Model
from tszoo.models.record import Published
from tszoo.training.recipe import RecipeLike, recipe_for
from tszoo.training.run import Run
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.fit import fit_ensemble


def pretrain(
    train: Dataset | str | PathLike[str],
    *,
    test: Dataset | None = None,
    architecture: str = "inception",
    network: Mapping[str, Any] | None = None,
    members: int = 5,
    recipe: RecipeLike = None,
    class_weight: ClassWeight = None,
    seed: int = 0,
    published: Published | None = None,
    per_class: int = 1,
    run: Run | None = None,
) -> Model:
    """Train an ensemble from scratch.

    Members differ only in their seed (Ismail Fawaz et al. 2020, section 3.2).

    Parameters
    ----------
    train : Dataset, str or path
        Labelled series, or the file that holds them.
    test : Dataset or None
        Read once, to report.
    architecture : str
        A name of ``tszoo.nets.registry.ARCHITECTURES``.
    network : mapping or None
        What differs from the paper's network.
    members : int
        Networks in the ensemble.
    recipe : str, Recipe, mapping or None
        As for `tszoo.make_plan`; None is ``"fast"``, and the paper's for an MLP.
    class_weight : {"balanced"}, mapping of label to weight, or None
        As for `tszoo.make_plan`.
    seed : int
        Member k uses ``seed + k``.
    published : Published or None
        A published result to stand beside this one on the card.
    per_class : int
        The most prototypes that a class may have, as for `compute_prototypes`.
    run : Run or None
        Where and how; None is ``Run()``.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        If the data, the network or the recipe cannot be used, or training fails.
    """
    train = as_dataset(train, "train")
    ensemble = scratch_ensemble(architecture, network, members, recipe, seed, class_weight)
    return fit_ensemble(
        ensemble, None, train, test=test, run=run, published=published, per_class=per_class
    )


def scratch_ensemble(
    architecture: str = "inception",
    network: Mapping[str, Any] | None = None,
    members: int = 5,
    recipe: RecipeLike = None,
    seed: int = 0,
    class_weight: ClassWeight = None,
) -> Ensemble:
    """Describe members that are trained from scratch; parameters as for ``pretrain``."""
    return Ensemble.of(
        architecture,
        network,
        n_frozen=0,
        n_trained=members,
        recipe=recipe_for(recipe, architecture),
        seed=seed,
        class_weight=class_weight,
    )
