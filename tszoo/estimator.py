"""The scikit-learn face of tszoo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from tszoo.data import Dataset
from tszoo.errors import DataError

if TYPE_CHECKING:
    from tszoo.models.model import Model


class TransferClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fine-tune a pretrained source on labelled time series.

    ``X`` is array-like ``(n_series, length)`` or ``(n_series, n_channels, length)``, NaN where a
    value is missing, or a list of arrays for unequal lengths, also as an array of objects.
    Everything that scikit-learn does with a classifier works: ``clone``, ``cross_val_score``,
    ``Pipeline``, ``GridSearchCV``, pickling.

    Parameters
    ----------
    source : str or Model
        A model's name in the zoo, a model folder, ``hf://ORG/NAME``, ``"auto"`` for what
        ``tszoo.recommendation.advise`` finds best, ``"none"`` for starting from scratch.
    zoo : str, Path or None
        Where names are looked up: a folder or ``hf://ORG``; None is the embedded zoo.
    head : {"softmax", "ridge", "both"} or None
        A softmax layer trained together with the network, a ridge classifier on the frozen body, or
        half of the members each. None is what is best for ``"auto"``, but softmax where a source is
        named or anything is said of the training.
    epochs, members, batch_size, learning_rate : number or None
        In place of the recipe's.
    recipe : str or None
        One of ``tszoo.training.recipe.NAMES``. None is ``"finetune"`` from a source, ``"fast"``
        from scratch, and the paper's for an MLP.
    architecture : str
        The network, when training from scratch.
    freeze : bool
        Train the head alone.
    unequal : bool or None
        True: the model takes series of any length, and NaNs behind the last value of a series are
        padding. Say so in cross-validation of unequal series, where a fold may hold series of one
        length alone. False: such NaNs are missing values. None: as the training series are.
    seed : int
        The same seed on the same machine gives the same model.
    device, precision : str
        As for the command line.

    Attributes
    ----------
    model_ : Model
        What was fitted; ``model_.save("out/")`` keeps it.
    classes_ : ndarray, shape (n_classes,)
    n_features_in_ : int
        Size of the second axis of ``X``; not there when series of unequal lengths were fitted.
    """

    def __init__(
        self,
        source: str | Path | Model = "auto",
        *,
        zoo: str | Path | None = None,
        head: str | None = None,
        epochs: int | None = None,
        members: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        recipe: str | None = None,
        architecture: str = "inception",
        freeze: bool = False,
        unequal: bool | None = None,
        seed: int = 0,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        self.source = source
        self.zoo = zoo
        self.head = head
        self.epochs = epochs
        self.members = members
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.recipe = recipe
        self.architecture = architecture
        self.freeze = freeze
        self.unequal = unequal
        self.seed = seed
        self.device = device
        self.precision = precision

    def fit(self, X: Any, y: Any) -> TransferClassifier:
        """Fit to series ``X`` with labels ``y``.

        Raise DataError (a ValueError) if they cannot be used.
        """
        from tszoo.transfer.finetune import finetune

        if y is None:
            msg = (
                f"requires y to be passed, but the target y is None: {type(self).__name__} needs "
                "labels."
            )
            raise DataError(msg)
        X = self._checked(X, reset=True)
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None, input_name="y"), warn=True)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            msg = f"y has one class only ({self.classes_[0]}); classification needs at least two."
            raise DataError(msg)
        target = Dataset.from_arrays(X, y, name="X", unequal=self.unequal)
        self.model_ = finetune(
            target,
            self.source,
            zoo=self.zoo,
            head=self.head,
            epochs=self.epochs,
            members=self.members,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            recipe=self.recipe,
            architecture=self.architecture,
            freeze=self.freeze,
            unequal=bool(self.unequal),
            seed=self.seed,
            device=self.device,
            precision=self.precision,
        )
        return self

    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Class probabilities, shape (n_series, n_classes), columns in the order of ``classes_``."""
        check_is_fitted(self)
        probabilities = self.model_.predict_proba(self._checked(X, reset=False))
        column = {label: k for k, label in enumerate(self.model_.config.classes)}
        return probabilities[:, [column[label] for label in self.classes_.tolist()]]

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels, shape (n_series,)."""
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _checked(self, X: Any, *, reset: bool) -> Any:
        """Arrays go through scikit-learn's own checks.

        A list of series of unequal lengths through ours.
        """
        if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
            X = list(X)
        if isinstance(X, (list, tuple)) and len({np.shape(row) for row in X}) > 1:
            if reset:  # an earlier fit's would be held against what is predicted
                for name in ("n_features_in_", "feature_names_in_"):
                    self.__dict__.pop(name, None)
            return X
        checked = validate_data(
            self,
            X,
            reset=reset,
            dtype="numeric",
            allow_nd=True,
            ensure_2d=True,
            ensure_all_finite="allow-nan",
        )
        return checked

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags
