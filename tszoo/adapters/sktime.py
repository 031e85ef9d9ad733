"""The classifier of tszoo as one of sktime's (Löning et al. 2019)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sktime.classification.base import BaseClassifier

from tszoo.adapters.wrapped import QUICK, Wrapped


class TszooClassifier(Wrapped, BaseClassifier):  # type: ignore[misc]
    """Fine-tune a pretrained source, with sktime's manners.

    Parameters are those of ``tszoo.TransferClassifier``.

    Attributes
    ----------
    classifier_ : TransferClassifier
        What was fitted; ``classifier_.model_`` is the model.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> X, y = load_unit_test(split="train", return_X_y=True)
    >>> TszooClassifier(head="ridge").fit(X, y).predict(X)  # doctest: +SKIP
    """

    _tags = {  # noqa: RUF012
        "X_inner_mtype": ["df-list", "numpy3D"],
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:predict_proba": True,
        "capability:random_state": True,
    }

    def _fit(self, X: Any, y: Any) -> TszooClassifier:
        self._wrap(self.get_params(deep=False), channels_first(X), y)
        return self

    def _predict(self, X: Any) -> NDArray[Any]:
        return super()._predict(channels_first(X))

    def _predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        return super()._predict_proba(channels_first(X))

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:  # noqa: ARG003
        """Return what sktime's checks make it with."""
        return [QUICK, {**QUICK, "members": 2, "random_state": 1}]


def channels_first(X: Any) -> Any:
    """Turn a list of data frames, whose rows are points of time, into arrays.

    Each is of shape (n_channels, length); anything else is returned as it is.
    """
    if not isinstance(X, list):
        return X
    return [np.asarray(frame).T for frame in X]
