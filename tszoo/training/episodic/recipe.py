"""Say how a body is trained in episodes: every number in one frozen place."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from tszoo.errors import OptionError

# Fields that are whole numbers, with the least that each may be, and those that are any number,
# with the most.
_WHOLE = {"points": 64, "series": 4, "warmup": 0}
_NUMBERS = {
    "synthetic": 1.0,
    "windowed": 1.0,
    "least_window": 1.0,
    "learning_rate": math.inf,
    "weight_decay": math.inf,
    "clip": math.inf,
    "penalty": math.inf,
}


@dataclass(frozen=True)
class EpisodicRecipe:
    """How a body is trained in episodes.

    An episode is a small classification task: a ridge head is fitted to the features of its support
    series, and judged by its query series. All episodes of a step have one number of classes and
    one length.

    Attributes
    ----------
    points : int
        Points a step: episodes times series times length, about.
    series : int
        Series an episode, support and query in equal parts.
    classes : tuple of int
        Numbers of classes that an episode may have; each divides half of ``series``.
    class_shares : tuple of float
        How often each of them is drawn.
    lengths : tuple of int
        Lengths that series are brought to, each as often as any other.
    synthetic : float
        Share of the episodes that are made up, 0 to 1; see ``tszoo.data.synthetic``.
    windowed : float
        Share of the real episodes that show a window of their series.
    least_window : float
        The shortest window, as a share of the series' length.
    learning_rate, weight_decay : float
        Of AdamW (Loshchilov & Hutter 2019); the rate falls to zero along half a cosine.
    warmup : int
        Steps in which the learning rate rises to its full height.
    clip : float
        The most that the norm of a step's gradient may be.
    penalty : float
        What the ridge head's penalty, which is learnt, starts from.

    Raises
    ------
    OptionError
        Naming the field and what was expected of it.
    """

    points: int = 1 << 18
    series: int = 64
    classes: tuple[int, ...] = (2, 4, 8, 16)
    class_shares: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    lengths: tuple[int, ...] = (64, 128, 256, 512)
    synthetic: float = 0.3
    windowed: float = 0.5
    least_window: float = 0.4
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: int = 100
    clip: float = 1.0
    penalty: float = 0.1

    def __post_init__(self) -> None:
        for name, least in _WHOLE.items():
            _check_whole(name, getattr(self, name), least)
        for name, most in _NUMBERS.items():
            _check_number(name, getattr(self, name), most)
        for name in ("learning_rate", "clip", "penalty", "least_window"):
            if getattr(self, name) == 0:
                msg = f"{name} must be above 0."
                raise OptionError(msg)
        self._check_episodes()

    def _check_episodes(self) -> None:
        for name, least in (("classes", 2), ("lengths", 8)):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            if not getattr(self, name):
                msg = f"{name} must hold one number at least."
                raise OptionError(msg)
            for number in getattr(self, name):
                _check_whole(name, number, least)
        for n_classes in self.classes:
            if self.series % (2 * n_classes):
                msg = f"classes: {n_classes} does not divide half of the {self.series} series."
                raise OptionError(msg)
        object.__setattr__(self, "class_shares", tuple(self.class_shares))
        for share in self.class_shares:
            _check_number("class_shares", share, 1.0)
        if len(self.class_shares) != len(self.classes) or not sum(self.class_shares) > 0:
            msg = f"class_shares must be {len(self.classes)} shares, one for each of classes."
            raise OptionError(msg)

    def episodes(self, length: int) -> int:
        """Count the episodes of a step whose series have ``length`` points."""
        return max(1, self.points // (self.series * length))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


def _check_whole(name: str, value: Any, least: int) -> None:
    if type(value) is not int or value < least:
        msg = f"{name} must be a whole number from {least} up, not {value!r}."
        raise OptionError(msg)


def _check_number(name: str, value: Any, most: float) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most or not math.isfinite(value):
        limit = "" if most == math.inf else f" and at most {most:g}"
        msg = f"{name} must be a finite number, not negative{limit}; got {value!r}."
        raise OptionError(msg)
