"""From an ensemble that is described to a whole model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tszoo.data import Dataset
from tszoo.evaluation.baselines import simplest
from tszoo.models.model import Model
from tszoo.models.record import Calibration, ModelRecipe, Published, Results, TrainingRecord
from tszoo.nets.network import Network
from tszoo.similarity.prototypes import Prototypes, compute_prototypes
from tszoo.training.member import History
from tszoo.training.run import Run
from tszoo.transfer.combined import SHARPER, join
from tszoo.transfer.describe import Subject, describe, several, training_record, used_weights
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.prepare import Prepared, prepared
from tszoo.transfer.readout import fit_readout
from tszoo.transfer.results import reached, trained_results, validated
from tszoo.transfer.snapshots import Making, with_snapshots
from tszoo.transfer.start import Start
from tszoo.transfer.trained import train_ensemble


def fit_ensemble(
    ensemble: Ensemble,
    start: Start | None,
    target: Dataset,
    *,
    test: Dataset | None = None,
    run: Run | None = None,
    prototypes: Prototypes | None = None,
    published: Published | None = None,
    per_class: int = 1,
) -> Model:
    """Fit an ensemble to a target: ridge heads first, then the members that are trained.

    Parameters
    ----------
    ensemble : Ensemble
    start : Start or None
        Where members start; None for fresh weights. Where some members are frozen, the others are
        trained from scratch.
    target : Dataset
        Labelled training series; the only data that fitting sees.
    test : Dataset or None
        Read once, when all members are done, to report their accuracy.
    run : Run or None
        Where and how; None is ``Run()``.
    prototypes : Prototypes or None
        What ``compute_prototypes(target)`` gives, where it is known; None computes it.
    published : Published or None
        A published figure on the same split to stand beside this model's.
    per_class : int
        The most prototypes that a class may have, of those that are computed here.

    Raises
    ------
    DataError, ModelError, OptionError, TrainingError
        If the data or the run cannot be used, or training fails.
    """
    run = run or Run()
    data = prepared(target, ensemble.architecture, test, run, ensemble.class_weight)
    subject = Subject.of(target, data.preprocessing)
    # first, so that nothing of the kind is left when the heads are done
    prototypes = prototypes or _prototypes(target, run, per_class)
    if run.snapshots is not None and ensemble.n_trained:  # they have the prototypes, too
        run = with_snapshots(run, _making(ensemble, start, target, data, prototypes))
    fitted = fit_members(ensemble, start, target, data, run)
    results = fitted.results
    if data.validation is not None:
        score = reached(fitted.networks, data.validation)
        results = replace(results, validation=validated(score, fitted.histories))
    if data.test is not None:
        score = reached(fitted.networks, data.test)
        split = (test and test.split) or "test"
        results = results.with_test(score.accuracy, score.members, split, score.n_series)
    config = describe(
        ensemble,
        subject,
        start,
        replace(fitted.recipe, class_weight=used_weights(ensemble, [target])),
        replace(results, published=published, simplest=simplest(target)),
        fitted.training,
    )
    config = replace(config, calibration=fitted.calibration)
    return Model(config, fitted.networks, prototypes)


def _prototypes(target: Dataset, run: Run, per_class: int) -> Prototypes:
    """Compute the target's prototypes; ``run.progress`` is told of it."""
    return compute_prototypes(target, progress=run.progress, n_jobs=-1, per_class=per_class)


def _making(
    ensemble: Ensemble,
    start: Start | None,
    target: Dataset,
    data: Prepared,
    prototypes: Prototypes,
) -> Making:
    """Say what members in training become models with."""
    return Making(
        ensemble,
        None if ensemble.n_frozen else start,  # beside ridge heads, they start from none
        Subject.of(target, data.preprocessing),
        [data.train],
        prototypes,
        used_weights(ensemble, [target]),
    )


class Fitted(NamedTuple):
    """Networks that were fitted, and what is to be written down of them."""

    networks: tuple[Network, ...]
    recipe: ModelRecipe
    results: Results
    training: TrainingRecord
    histories: Sequence[History] = ()
    calibration: Calibration | None = None


def fit_members(
    ensemble: Ensemble, start: Start | None, target: Dataset, data: Prepared, run: Run
) -> Fitted:
    """Fit the members that are frozen, those that are trained, or both; no model is made yet."""
    if ensemble.n_frozen == 0:
        trained = train_ensemble(ensemble, start, target, data, run)
        return Fitted(
            trained.networks,
            ModelRecipe(trained.recipe(ensemble), bases=several(start)),
            trained_results(reached(trained.networks, data.train), trained.histories),
            training_record(run, trained.histories),
            trained.histories,
        )
    readout = fit_readout(ensemble, start, target, data, run)
    if ensemble.n_trained == 0:
        return Fitted(
            readout.networks,
            ModelRecipe(readout=readout.recipe(ensemble, start), bases=several(start)),
            readout.results(target),
            training_record(run, n_frozen=ensemble.n_frozen, seconds=readout.seconds),
            calibration=readout.calibration(target),
        )
    trained = train_ensemble(ensemble, None, target, data, run)
    networks = join(readout.networks, trained.networks)
    recipe = ModelRecipe(
        trained.recipe(ensemble), readout.recipe(ensemble, start, SHARPER), several(start)
    )
    return Fitted(
        networks,
        recipe,
        trained_results(reached(networks, data.train)),
        training_record(
            run, trained.histories, n_frozen=ensemble.n_frozen, seconds=readout.seconds
        ),
        trained.histories,
    )
