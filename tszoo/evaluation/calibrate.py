"""Find out, on series that a model has not learnt, how sure it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os import PathLike

from tszoo.data import Dataset
from tszoo.data.given import as_dataset
from tszoo.errors import DataError
from tszoo.models.model import Model
from tszoo.models.record.calibration import Calibration, log_probabilities
from tszoo.readout.temperature import choose_temperature


def calibrate(
    model: Model,
    dataset: Dataset | str | PathLike[str],
    *,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Model:
    """Return the model with probabilities that are as sure as it is right, and prediction sets.

    The temperature is the one of least log loss (Guo et al. 2017, "On calibration of modern neural
    networks", section 4.2) of the members' mean. It changes no label. The scores that
    ``Model.predict_set`` needs are kept beside it.

    Parameters
    ----------
    model : Model
        What an earlier calibration found is forgotten.
    dataset : Dataset, str or path
        Labelled series that the model has not learnt, drawn as those that it will predict; or the
        file that holds them.
    device : str
    progress : callable or None
        Called with (series done, series in all).

    Returns
    -------
    Model
        With the very same networks; ``save`` keeps the calibration, too.

    Raises
    ------
    DataError
        If the data set has no labels, a class that the model lacks, series that the model cannot
        take, or is the one that the model has learnt.
    ModelError
        If the model is universal and has no classes.
    """
    config = model.config
    dataset = as_dataset(dataset, "dataset", config.like)
    aligned = dataset.with_classes(config.classes)
    if aligned.labels is None:
        msg = f"{dataset.name}: no labels, and only they tell how often the model is right."
        raise DataError(msg)
    if config.trained_on.holds(dataset.sha256):
        msg = (
            f"{dataset.name}: the series that {config.name} has learnt, on which it is surer than "
            "on others. Calibrate with series that were held back."
        )
        raise DataError(msg)
    plain = replace(model, config=replace(config, calibration=None))
    probabilities = plain.predict_proba(aligned, device=device, progress=progress)
    temperature = choose_temperature(log_probabilities(probabilities), aligned.labels)
    found = Calibration.of(aligned, probabilities, temperature)
    return replace(model, config=replace(config, calibration=found))
