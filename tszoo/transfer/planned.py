"""The parts of a plan: its target, its sources, and what was weighed beside them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

from tszoo.data import Dataset
from tszoo.errors import ModelError
from tszoo.models.model import Model
from tszoo.recommendation.recommendation import Recommendation
from tszoo.storage import checks
from tszoo.storage.bounds import MOST_CLASSES, MOST_SERIES
from tszoo.text import printable
from tszoo.zoo.find import load_model


@dataclass(frozen=True)
class PlannedTarget:
    """The data that a plan was made for.

    Attributes
    ----------
    name, sha256 : str
        Its digest (``Dataset.sha256``): a plan is fitted to no other data.
    n_series, n_classes, n_channels, length : int
    """

    name: str
    sha256: str
    n_series: int
    n_classes: int
    n_channels: int
    length: int

    @classmethod
    def of(cls, target: Dataset) -> PlannedTarget:
        """Describe a data set."""
        return cls(
            printable(target.name) or "unnamed",
            target.sha256,
            target.n_series,
            target.n_classes,
            target.n_channels,
            target.length,
        )

    @classmethod
    def from_dict(cls, values: Any) -> PlannedTarget:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "target")
        checks.name(values["name"], "target.name", most=1000)
        checks.sha256(values["sha256"], "target.sha256")
        for key in ("n_series", "n_channels", "length"):
            checks.whole(values[key], f"target.{key}", 1, MOST_SERIES)
        checks.whole(values["n_classes"], "target.n_classes", 1, MOST_CLASSES)
        return cls(**values)


@dataclass(frozen=True)
class PlannedSource:
    """A source that members start from.

    Attributes
    ----------
    name : str
        Architecture dot data set.
    reference : str
        What it is loaded by: a name in ``zoo``, a folder, or an address on the Hub with its commit.
    zoo : str or None
        The zoo that the reference is looked up in; None for the embedded one.
    config_sha256 : str
        Digest of its config: a model that has changed since is not taken for it.
    """

    name: str
    reference: str
    zoo: str | None
    config_sha256: str

    @classmethod
    def of(cls, model: Model, reference: str, zoo: str | None) -> PlannedSource:
        """Describe a source that was loaded."""
        hub = model.reference
        if hub is not None:
            reference, zoo = hub.model, None
        if hub is not None and hub.revision is not None:
            reference = f"{hub.model.split('@')[0]}@{hub.revision}"
        return cls(model.config.name, reference, zoo, _digest(model))

    @classmethod
    def from_dict(cls, values: Any) -> PlannedSource:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "a source")
        for key in ("name", "reference"):
            checks.name(values[key], f"a source's {key}", most=1000)
        if values["zoo"] is not None:
            checks.name(values["zoo"], "a source's zoo", most=4000)
        checks.sha256(values["config_sha256"], "a source's config_sha256")
        return cls(**values)

    def load(self) -> Model:
        """Load the source; ModelError if it is not what it was when the plan was made."""
        model = load_model(self.reference, self.zoo)
        if _digest(model) != self.config_sha256:
            msg = f"{self.reference}: has changed since the plan was made. Make the plan anew."
            raise ModelError(msg)
        return model


def _digest(model: Model) -> str:
    return hashlib.sha256(model.config.to_json()).hexdigest()


@dataclass(frozen=True)
class Considered:
    """A source that was looked at.

    Attributes
    ----------
    model, dataset : str
        Its name, and what it has learnt.
    error : float or None
        Mean squared error of the target's series, each left out in turn, under a ridge head on its
        frozen features (the Brier score); None where it was not tried.
    score : float or None
        Which share of them is right.
    distance : float or None
        DTW distance of its nearest prototype to one of the target's; None where it has none.
    is_target : bool
        Whether it has learnt the target, and so is not taken.
    """

    model: str
    dataset: str
    error: float | None = None
    score: float | None = None
    distance: float | None = None
    is_target: bool = False

    @classmethod
    def of(cls, source: Recommendation) -> Considered:
        """Keep what is known of a source that was ranked."""
        name = printable(source.dataset) or "unnamed"
        return cls(
            source.model, name, source.error, source.score, source.distance, source.is_target
        )

    @classmethod
    def from_dict(cls, values: Any) -> Considered:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "a considered source")
        for key in ("model", "dataset"):
            checks.name(values[key], f"a considered source's {key}", most=1000)
        for key in ("error", "distance"):
            if values[key] is not None:
                checks.number(values[key], f"a considered source's {key}")
        if values["score"] is not None:
            checks.fraction(values["score"], "a considered source's score")
        checks.truth(values["is_target"], "a considered source's is_target")
        return cls(**values)


@dataclass(frozen=True)
class Alternative:
    """Another way that was weighed.

    Attributes
    ----------
    what : str
    expected : float or None
        Accuracy to expect on new series.
    how : str
        The parameters that ask for it, as ``name="value"``.
    """

    what: str
    expected: float | None
    how: str

    @classmethod
    def from_dict(cls, values: Any) -> Alternative:
        """Read what ``dataclasses.asdict`` wrote."""
        checks.keys(values, {f.name for f in fields(cls)}, "an alternative")
        for key in ("what", "how"):
            checks.name(values[key], f"an alternative's {key}", most=1000)
        if values["expected"] is not None:
            checks.fraction(values["expected"], "an alternative's expected")
        return cls(**values)
