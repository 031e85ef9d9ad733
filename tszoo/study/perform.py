"""Do one trial: hold series out, fit the members to the others, and score them."""

from __future__ import annotations

from typing import NamedTuple

from tszoo.data import Dataset
from tszoo.errors import OptionError, TszooError
from tszoo.nets.network import Network
from tszoo.study.alter import stretch, take_some
from tszoo.study.confusions import count_pairs
from tszoo.study.noting import Noted, noting
from tszoo.study.outcome import Done, Outcome
from tszoo.study.settings import Settings
from tszoo.study.trial import Conditions, Sets, Trial
from tszoo.training.run import Run
from tszoo.training.threads import using_threads
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.fit import fit_members
from tszoo.transfer.planning import make_plan
from tszoo.transfer.prepare import prepared
from tszoo.transfer.pretrain import scratch_ensemble
from tszoo.transfer.request import DEFAULT_ARCHITECTURE
from tszoo.transfer.results import probabilities_of, reached, reached_by
from tszoo.transfer.start import Start, start_from


class Ready(NamedTuple):
    """What is to be fitted, and where members start."""

    ensemble: Ensemble
    start: Start | None


def perform(trial: Trial, conditions: Conditions, sets: Sets) -> Done:
    """Do a trial with one thread; what goes wrong with it is its outcome.

    The same trial has the same outcome on the same machine, but for the seconds, whichever process
    does it.
    """
    try:
        with using_threads(1), noting(conditions) as noted:
            return _perform(trial, conditions, sets, noted)
    except TszooError as error:
        return Done.failed(str(error))
    except Exception as error:  # a value that breaks a layer, or all memory: not the sweep's end
        return Done.failed(f"{type(error).__name__}: {error}")


def _perform(trial: Trial, conditions: Conditions, sets: Sets, noted: Noted) -> Done:
    settings = conditions.settings.changed(trial.values)
    train, validation, test = _data_of(trial, conditions, settings, sets)
    run = Run(
        device=conditions.device,
        precision=conditions.precision,
        jobs=1,
        validation=validation,
        watchers=noted.watchers,
    )
    ready = decide(settings, train, trial.seed, run)
    ensemble = ready.ensemble
    data = prepared(train, ensemble.architecture, test, run, ensemble.class_weight)
    fitted = fit_members(ensemble, ready.start, train, data, run)
    assert data.validation is not None  # noqa: S101 - held out above
    held_out = probabilities_of(fitted.networks, data.validation)
    labels = data.validation.y.numpy()
    score = reached_by(held_out, labels)
    tested = None
    if data.test is not None:
        tested = reached(fitted.networks, data.test).accuracy
    outcome = Outcome(
        score.accuracy,
        score.loss,
        tested,
        fitted.results.train_accuracy,
        fitted.results.train_loss,
        fitted.training.seconds,
        max(fitted.training.epochs),
        sum(map(_size, fitted.networks)),
        fitted.networks[0].receptive_field(),
    )
    confusion = count_pairs(labels, held_out.mean(axis=0).argmax(axis=1), train.n_classes)
    return Done(outcome, noted.curves, confusion.tolist(), noted.nodes(len(fitted.networks)))


def _data_of(
    trial: Trial, conditions: Conditions, settings: Settings, sets: Sets
) -> tuple[Dataset, Dataset, Dataset | None]:
    """Return the series to train on, to choose by and to report on, altered as is asked for."""
    train, held_out = sets.split(conditions.validation, trial.seed)
    test = sets.test
    if settings.n_series is not None:
        train = take_some(train, settings.n_series, trial.seed)
    if settings.length is not None:
        train, held_out = stretch(train, settings.length), stretch(held_out, settings.length)
        test = test and stretch(test, settings.length)
    return train, held_out, test


def decide(settings: Settings, train: Dataset, seed: int, run: Run) -> Ready:
    """Decide what is fitted: as ``tszoo.pretrain`` from scratch, else as ``tszoo.make_plan``."""
    if settings.source == "none":
        ensemble = scratch_ensemble(
            settings.architecture,
            settings.network,
            settings.members,
            settings.recipe or None,
            seed,
            settings.class_weight,
        )
        return Ready(ensemble, None)
    if settings.architecture != DEFAULT_ARCHITECTURE:
        msg = f'architecture="{settings.architecture}" is for source="none": a source has its own.'
        raise OptionError(msg)
    plan = make_plan(
        train,
        settings.source,
        zoo=settings.zoo,
        members=settings.members,
        network=settings.network,
        recipe=settings.recipe or None,
        class_weight=settings.class_weight,
        seed=seed,
        run=Run(device=run.device, jobs=1),
    )
    start = start_from(plan.models, train) if plan.models else None
    return Ready(plan.ensemble, start)


def _size(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
