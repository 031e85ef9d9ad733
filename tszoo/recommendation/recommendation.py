"""Describe one model as a source for a target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recommendation:
    """A model of the zoo as a source for a target, or a data set and the models that learnt it.

    Attributes
    ----------
    rank : int
        1 is the model to take.
    model, dataset : str
        The model's name, ``"inception.GunPoint"``, and the data set it was trained on. Where data
        sets are ranked (``method="dtw"``), the data set is the near one, of several that a joint
        model may have learnt.
    distance : float or None
        DTW distance of the two nearest prototypes, one of the target and one of the source; None of
        a model without prototypes, such as a universal body.
    target_class, source_class : str or None
        The classes whose prototypes these are.
    n_series : int or None
        Number of the source's training series, where it is known.
    n_classes, length : int
        Number of the source's classes; length of its series.
    accuracy : float or None
        The source model's accuracy on its own test split, where it is known.
    is_target : bool
        Whether the source is the target itself, or has learnt it among others: the same content, or
        a data set of the same name.
    n_datasets : int
        How many data sets the model has learnt at once.
    score : float or None
        How many of the target's series the source's frozen features tell apart when each is left
        out in turn, where the source has been probed.
    error : float or None
        Brier score of the same left-out series, where the source has been probed; lower is better.
    elsewhere : float or None
        By which share the error of the source's frozen features was below the mean source's on
        other data sets (negative: above it), where that is known and the source has been probed.
    why : str or None
        One sentence, or two.
    models : tuple of str
        Where data sets are ranked, all the models that have learnt this one; the first is
        ``model``.
    """

    rank: int
    model: str
    dataset: str
    distance: float | None
    target_class: str | None
    source_class: str | None
    n_series: int | None
    n_classes: int
    length: int
    accuracy: float | None
    is_target: bool
    n_datasets: int = 1
    score: float | None = None
    error: float | None = None
    elsewhere: float | None = None
    why: str | None = None
    models: tuple[str, ...] = ()

    @property
    def is_universal(self) -> bool:
        """Whether the model is a universal body, which is near to everything and to nothing."""
        return self.n_classes == 0
