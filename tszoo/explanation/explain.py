"""Explain a model's answers: how much each point of a series speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tszoo.errors import OptionError
from tszoo.explanation.class_activation import activation_maps, has_activation_maps
from tszoo.explanation.occlusion import Windows, occlude
from tszoo.explanation.task import Task
from tszoo.text import listed, show

if TYPE_CHECKING:
    from tszoo.data.dataset import Dataset, Label
    from tszoo.models.model import Model, Progress, Series

METHODS = ("auto", "cam", "occlusion", "gradients")


@dataclass(frozen=True, eq=False)
class Explanation:
    """What speaks for a class, point by point.

    Attributes
    ----------
    relevance : ndarray of float32, shape (n_series, n_channels, length)
        Positive where a point speaks for the class, negative where it speaks against it. NaN behind
        the end of a series that is shorter than the longest.
    explained : ndarray of int64, shape (n_series,)
        The class that is explained, as an index of the model's classes.
    probabilities : ndarray of float64, shape (n_series, n_classes)
        What the model answers.
    method : {"cam", "occlusion", "gradients"}
    """

    relevance: NDArray[np.float32]
    explained: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    method: str


def explain(
    model: Model,
    X: Series,
    *,
    method: str = "auto",
    label: Label | None = None,
    windows: Windows | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Explanation:
    """Compute how much each point of each series speaks for a class.

    Parameters
    ----------
    model : Model
    X : Dataset, array-like or list of arrays
        As for ``Model.predict_proba``.
    method : {"auto", "cam", "occlusion", "gradients"}
        ``"cam"``, class activation maps, is exact for softmax heads on the means of the last maps:
        summed over channels, its mean over time is the logit without the bias (Zhou et al. 2016;
        Ismail Fawaz et al. 2019, section 3). ``"occlusion"`` suits every model: by how much the
        class's probability falls where a window of the series is replaced by its mean (Zeiler &
        Fergus 2014). ``"gradients"`` are integrated gradients of the logit (Sundararajan et al.
        2017), by captum. ``"auto"`` is the first of ``"cam"`` and ``"occlusion"`` that the model
        allows.
    label : a label or None
        The class that is explained; None for each series' most probable one.
    windows : Windows or None
        What is occluded at a time, only for ``"occlusion"``; None for a tenth of the series.
    device : str
        As for ``Model.predict_proba``.
    progress : callable or None
        Called with (series done, series in all).

    Raises
    ------
    DataError, ModelError
        As ``Model.predict_proba`` does.
    OptionError
        If the method or the label is unknown, the model has no class activation maps, or the
        windows cannot be.
    MissingExtraError
        If ``method="gradients"`` and captum is not installed.
    """
    method = chosen_method(model, method)
    if windows is not None and method != "occlusion":
        msg = f'windows=...: method="{method}" hides no part of a series; method="occlusion" does.'
        raise OptionError(msg)
    dataset = model.usable(X)
    wanted = _class_of(model, label)
    probabilities = model.predict_proba(dataset, device=device)
    explained = probabilities.argmax(axis=1)
    if wanted is not None:
        explained[:] = wanted
    task = Task(model, dataset, explained, device, progress)
    if method == "cam":
        relevance = activation_maps(task)
    elif method == "occlusion":
        relevance = occlude(task, windows or Windows())
    else:
        from tszoo.explanation.gradients import integrated_gradients  # an extra

        relevance = integrated_gradients(task)
    _blank_padding(relevance, dataset)
    return Explanation(relevance, explained, probabilities, method)


def chosen_method(model: Model, method: str) -> str:
    """Return the method that ``"auto"`` stands for, and any other as it is.

    Raises
    ------
    OptionError
        If it is unknown, or class activation maps are asked of a model that has none.
    """
    if method not in METHODS:
        msg = f"method={show(method)}: not one of {', '.join(METHODS)}."
        raise OptionError(msg)
    has_maps = has_activation_maps(model)
    if method == "cam" and not has_maps:
        msg = (
            f'method="cam": the heads of {model.config.name} read more than the means of the last '
            'maps, so it has no class activation maps. method="occlusion" suits every model.'
        )
        raise OptionError(msg)
    if method != "auto":
        return method
    if has_maps:
        return "cam"
    return "occlusion"


def _class_of(model: Model, label: Label | None) -> int | None:
    """Find the index of the class; labels may be given as text."""
    if label is None:
        return None
    for k, known_label in enumerate(model.classes):
        if label in (known_label, str(known_label)):
            return k
    names = listed([str(known_label) for known_label in model.classes], 10)
    msg = f"label={show(label)}: no class of {model.config.name}, which has {names}."
    raise OptionError(msg)


def _blank_padding(relevance: NDArray[np.float32], dataset: Dataset) -> None:
    for k, length in enumerate(dataset.lengths.tolist()):
        relevance[k, :, length:] = np.nan
