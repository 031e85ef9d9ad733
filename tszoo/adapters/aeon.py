"""The classifier of tszoo as one of aeon's (Middlehurst et al. 2024)."""

from __future__ import annotations

from typing import Any

from aeon.classification import BaseClassifier

from tszoo.adapters.wrapped import QUICK, Wrapped


class TszooClassifier(Wrapped, BaseClassifier):  # type: ignore[misc]
    """Fine-tune a pretrained source, with aeon's manners.

    Parameters are those of ``tszoo.TransferClassifier``.

    Attributes
    ----------
    classifier_ : TransferClassifier
        What was fitted; ``classifier_.model_`` is the model.

    Examples
    --------
    >>> from aeon.datasets import load_unit_test
    >>> X, y = load_unit_test(split="train")
    >>> TszooClassifier(head="ridge").fit(X, y).predict(X)  # doctest: +SKIP
    """

    _tags = {  # noqa: RUF012
        "X_inner_type": ["numpy3D", "np-list"],
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "algorithm_type": "deeplearning",
    }

    def _fit(self, X: Any, y: Any) -> TszooClassifier:
        self._wrap(self.get_params(deep=False), X, y)
        return self

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> dict[str, Any]:  # noqa: ARG003
        """Return what aeon's checks make it with."""
        return QUICK
