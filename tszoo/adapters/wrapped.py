"""What the adapters share: tszoo's classifier, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tszoo.estimator import TransferClassifier

if TYPE_CHECKING:
    from tszoo.training.recipe import RecipeLike
    from tszoo.transfer.request import Sources
    from tszoo.zoo.find import ZooLike

# What the libraries' checks make a classifier with: untrained filters, which are quick.
QUICK = {
    "source": "none",
    "head": "ridge",
    "members": 1,
    "network": {"depth": 1, "filters": 4, "kernel_lengths": [8, 4, 2]},
}


class Wrapped:
    """Holds the parameters, and hands series on to ``tszoo.TransferClassifier``.

    Series come as an array ``(n_series, n_channels, length)`` or as a list of arrays
    ``(n_channels, length)``.
    """

    classifier_: TransferClassifier

    def __init__(
        self,
        source: Sources = "auto",
        *,
        zoo: ZooLike = None,
        head: str | None = None,
        members: int | None = None,
        architecture: str | None = None,
        network: Mapping[str, Any] | None = None,
        recipe: RecipeLike = None,
        random_state: int = 0,
    ) -> None:
        self.source = source
        self.zoo = zoo
        self.head = head
        self.members = members
        self.architecture = architecture
        self.network = network
        self.recipe = recipe
        self.random_state = random_state
        super().__init__()

    def _wrap(self, parameters: Mapping[str, Any], X: Any, y: Any) -> None:
        # a fold may hold series of one length alone, and what is predicted others
        unequal = True if isinstance(X, list) else None
        self.classifier_ = TransferClassifier(**parameters, unequal=unequal).fit(X, y)

    def _predict(self, X: Any) -> NDArray[Any]:
        labels: NDArray[Any] = self.classifier_.predict(X)
        return labels

    def _predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        return self.classifier_.predict_proba(X)
