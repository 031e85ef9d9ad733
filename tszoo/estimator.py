"""The scikit-learn face of tszoo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from tszoo.data import Dataset
from tszoo.data.layouts import channels_first, refuse_other_order
from tszoo.data.spellings import filled, is_absent
from tszoo.data.weights import ClassWeight, with_sample_weight
from tszoo.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from tszoo.models.model import Model
    from tszoo.training.recipe import RecipeLike
    from tszoo.training.run import Run
    from tszoo.transfer.request import Sources
    from tszoo.zoo.find import ZooLike

SERIES_A_BATCH = 32
POINTS_A_BATCH = 8192


class _OfSeries(BaseEstimator):  # type: ignore[misc]
    """What takes series as scikit-learn's other estimators take rows."""

    layout: str | None

    def _checked(self, X: Any, *, reset: bool) -> Any:
        """Arrays go through scikit-learn's own checks.

        A list of series of unequal lengths through ours.
        """
        X = _without_objects(channels_first(filled(X), self.layout, "X"))
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


class TransferClassifier(ClassifierMixin, _OfSeries):  # type: ignore[misc]
    """Fine-tune a pretrained source on labelled time series.

    ``X`` is array-like ``(n_series, length)`` or ``(n_series, n_channels, length)``, NaN where a
    value is missing, or a list of arrays for unequal lengths, also as an array of objects. Frames
    are taken as ``Dataset.from_arrays`` takes them.
    Everything that scikit-learn does with a classifier works: ``clone``, ``cross_val_score``,
    ``Pipeline``, ``GridSearchCV``, pickling.

    Parameters
    ----------
    source : str or Model
        A model's name in the zoo, a model folder, ``hf://ORG/NAME``, ``"auto"`` for what is found
        best, ``"nearest"`` for the nearest source by Algorithm 1, ``"none"`` for starting from
        scratch.
    zoo : str, Path, Zoo or None
        Where names are looked up: a folder or ``hf://ORG``; None is the embedded zoo.
    head : {"softmax", "ridge", "both"} or None
        A softmax layer trained together with the network, a ridge classifier on the frozen body, or
        half of the members each. None is what the plan finds best.
    members : int or None
        Networks in the ensemble.
    architecture : str or None
        The network, when training from scratch; None is InceptionTime's.
    network : dict or None
        What differs from the architecture's defaults, such as ``{"depth": 3, "filters": 16}``.
    recipe : str, dict or None
        One of ``tszoo.training.recipe.NAMES``, or what differs from the recipe that suits, such as
        ``{"epochs": 20}``.
    freeze : bool
        Train the head alone.
    keep_head : bool
        Go on with the softmax heads of the named source, on more series of the same classes.
    level : {"auto", "yes", "no"}
        Whether heads read the level, scale and trend of series before normalisation, too;
        ``"auto"`` where the left-out error falls clearly with them.
    reduce : {"auto", "no"}
        Whether ridge heads read less of large series, in bounded time and memory.
    class_weight : {"balanced"}, dict of label to weight, or None
        How much the classes count in the fit, as for `tszoo.make_plan`.
    unequal : bool or None
        True: the model takes series of any length, and NaNs behind the last value of a series are
        padding. Say so in cross-validation of unequal series, where a fold may hold series of one
        length alone. False: such NaNs are missing values. None: as the training series are.
    layout : {"NCT", "NTC"} or None
        Whether arrays have channels before time or behind it; frames say so themselves. None takes
        channels first, and warns where there are more channels than points.
    random_state : int
        The same seed on the same machine gives the same model.
    n_jobs : int or None
        How many cores are used at most, as everywhere in scikit-learn: -1 is all of them, and the
        model is the same. None is what ``run`` says.
    run : Run or None
        Where and how fitting happens: device, precision, checkpoints, watchers.

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
        source: Sources = "auto",
        *,
        zoo: ZooLike = None,
        head: str | None = None,
        members: int | None = None,
        architecture: str | None = None,
        network: Mapping[str, Any] | None = None,
        recipe: RecipeLike = None,
        freeze: bool = False,
        keep_head: bool = False,
        level: str = "auto",
        reduce: str = "auto",
        class_weight: ClassWeight = None,
        unequal: bool | None = None,
        layout: str | None = None,
        random_state: int = 0,
        n_jobs: int | None = None,
        run: Run | None = None,
    ) -> None:
        self.source = source
        self.zoo = zoo
        self.head = head
        self.members = members
        self.architecture = architecture
        self.network = network
        self.recipe = recipe
        self.freeze = freeze
        self.keep_head = keep_head
        self.level = level
        self.reduce = reduce
        self.class_weight = class_weight
        self.unequal = unequal
        self.layout = layout
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.run = run

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TransferClassifier:
        """Fit to series ``X`` with labels ``y``.

        Raise DataError (a ValueError) if they cannot be used.

        Parameters
        ----------
        X, y : array-like
        sample_weight : array-like of float, shape (n_series,), or None
            How much each series counts; 0 leaves it out. A series of weight 2 is the same as one
            that stands twice, so a series that stands twice is one of weight 2.
        """
        from tszoo.transfer.finetune import finetune

        if y is None:
            msg = (
                f"requires y to be passed, but the target y is None: {type(self).__name__} needs "
                "labels."
            )
            raise DataError(msg)
        refuse_other_order(X, y, "X")
        X = self._checked(X, reset=True)
        if np.ma.is_masked(y):  # what a mask hides is no label, as Dataset says
            Dataset.from_arrays(X, y, name="X")
        y = _without_mask(y)
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None, input_name="y"), warn=True)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            msg = f"y has one class only ({self.classes_[0]}); classification needs at least two."
            raise DataError(msg)
        target = Dataset.from_arrays(X, y, name="X", unequal=self.unequal, layout="NCT")
        target = with_sample_weight(target, sample_weight)
        self.classes_ = _of_classes(self.classes_, target)
        self.model_ = finetune(
            target,
            self.source,
            zoo=self.zoo,
            head=self.head,
            members=self.members,
            architecture=self.architecture,
            network=self.network,
            recipe=self.recipe,
            freeze=self.freeze,
            keep_head=self.keep_head,
            level=self.level,
            reduce=self.reduce,
            class_weight=self.class_weight,
            seed=self.random_state,
            run=self._run(),
        )
        return self

    def _run(self) -> Run | None:
        """Return the run, with as many cores as ``n_jobs`` says."""
        if self.n_jobs is None:
            return self.run
        from joblib import effective_n_jobs  # as scikit-learn counts

        from tszoo.training.run import Run

        return replace(self.run or Run(), jobs=effective_n_jobs(self.n_jobs))

    def predict_proba(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return class probabilities, shape (n_series, n_classes), in the order of ``classes_``."""
        check_is_fitted(self)
        probabilities = self.model_.predict_proba(self._checked(X, reset=False))
        column = {label: k for k, label in enumerate(self.model_.config.classes)}
        return probabilities[:, [column[label] for label in self.classes_.tolist()]]

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels, shape (n_series,)."""
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels


class TransferFeatures(TransformerMixin, ClassNamePrefixFeaturesOutMixin, _OfSeries):  # type: ignore[misc]
    """Compute what pretrained networks make of series: embeddings, for whatever comes next.

    They are what a ridge head reads: poolings of the maps of every stage of every member, of the
    series and of its first difference. Series may have any length, which ``transform`` takes as
    ``fit`` had it, and any number of channels: each goes through a body of one channel by itself.
    ``X`` is what `tszoo.TransferClassifier` takes. Nothing is learnt, and ``y`` is not read.

    Parameters
    ----------
    source : str or Model
        A model's name in the zoo, a model folder, or ``hf://ORG/NAME``.
    zoo : str, Path, Zoo or None
        Where names are looked up: a folder or ``hf://ORG``; None is the embedded zoo.
    unequal : bool or None
        As for `tszoo.TransferClassifier`.
    layout : {"NCT", "NTC"} or None
        As for `tszoo.TransferClassifier`.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.

    Attributes
    ----------
    model_ : Model
        The source.
    n_features_in_ : int
        Size of the second axis of ``X``; not there when series of unequal lengths were fitted.
    """

    def __init__(
        self,
        source: str | Path | Model = "inception.universalA",
        *,
        zoo: ZooLike = None,
        unequal: bool | None = None,
        layout: str | None = None,
        device: str = "cpu",
    ) -> None:
        self.source = source
        self.zoo = zoo
        self.unequal = unequal
        self.layout = layout
        self.device = device

    def fit(self, X: Any, y: Any = None) -> TransferFeatures:  # noqa: ARG002  # scikit-learn's
        """Load the source, and see what series are like; DataError if they cannot be used."""
        from tszoo.data.preprocess import choose_preprocessing
        from tszoo.models.model import Model

        target = self._dataset(self._checked(X, reset=True), self.unequal)
        if isinstance(self.source, Model):
            self.model_ = self.source
        else:
            self.model_ = Model.load(self.source, self.zoo)
        self._preprocessing = choose_preprocessing(target)
        self._n_features_out = self._features(target.take([0])).shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute the embeddings, float32 of shape (n_series, n_features)."""
        check_is_fitted(self)
        unequal = self._preprocessing.unequal

        def compute(series: Any, batch_size: int | None = None) -> NDArray[np.float32]:
            return self._features(self._dataset(series, unequal), batch_size)

        return _alike(compute, self._checked(X, reset=False))

    def _dataset(self, X: Any, unequal: bool | None) -> Dataset:
        return Dataset.from_arrays(X, name="X", unequal=unequal, layout="NCT")

    def _features(self, dataset: Dataset, batch_size: int | None = None) -> NDArray[np.float32]:
        """Put the stage features of all members side by side."""
        from tszoo.readout.features import extract

        parts = []
        for network in self.model_.networks:
            rows = batch_size
            if rows is not None:  # of channels, where each goes through by itself
                rows *= max(1, dataset.n_channels // network.channels_together)
            extracted = extract(
                network, dataset, self._preprocessing, device=self.device, batch_size=rows
            )
            parts.append(extracted.stages)
        return np.concatenate(parts, axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # float32, whatever the series are
        return tags


def _without_objects(X: Any) -> Any:
    """Return a list of the series that are the cells of an array or a column of pandas.

    Of an array of numbers, what stands for a missing one becomes NaN.
    """
    if str(getattr(X, "dtype", "")) != "object":
        return X
    if X.ndim == 1:
        return list(X)
    return np.where(np.vectorize(is_absent, otypes=[bool])(X), np.nan, X)


def _without_mask(y: Any) -> Any:
    """Return labels of pandas that may be missing, and are not, as NumPy has them."""
    kind = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if kind is None or isinstance(y, np.ndarray) or y.isna().any():
        return y
    return np.asarray(y, dtype=kind)


def _of_classes(labels: NDArray[Any], target: Dataset) -> NDArray[Any]:
    """Keep the labels of those classes that have series which count."""
    present = set(target.classes)
    kept: NDArray[Any] = labels[[label in present for label in labels.tolist()]]
    return kept


def _alike(compute: Callable[..., NDArray[Any]], X: Any) -> NDArray[Any]:
    """Compute of every series what it would give alone, to the last bit.

    A convolution rounds otherwise in a batch of another size. So all batches are of one size, which
    depends on the length alone, and copies of the last series fill the last one.
    """
    if not isinstance(X, np.ndarray):
        return compute(X)
    n_series, length = len(X), X.shape[-1]
    size = max(1, min(SERIES_A_BATCH, POINTS_A_BATCH // length))
    filled_up = np.concatenate((X, np.repeat(X[-1:], -n_series % size, axis=0)))
    return compute(filled_up, batch_size=size)[:n_series]
