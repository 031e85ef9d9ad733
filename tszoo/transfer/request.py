"""What is asked for when a model is to be fitted; whatever is None is left to the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tszoo.data.weights import ClassWeight, checked_class_weight
from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.storage.checks import plain
from tszoo.text import show
from tszoo.training.recipe import RecipeLike
from tszoo.transfer.ensemble import check_members

HEADS = ("softmax", "ridge", "both")
LEVELS = ("auto", "yes", "no")
REDUCES = ("auto", "no")
DEFAULT_ARCHITECTURE = "inception"
Source = str | Path | Model
Sources = Source | Sequence[Source]


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes
    ----------
    source : str, Path or Model, or a sequence of them
        A model's name in the zoo, a model folder, ``hf://ORG/NAME`` or a loaded model. ``"auto"``
        does what is found best, which may be to do without a source. ``"nearest"`` takes the
        nearest by Algorithm 1 that has not learnt the target, ``"nearest:K"`` the K-th. ``"none"``
        starts from scratch. Of several, which must be networks of one shape, member k starts from
        source k modulo their number.
    head : {"softmax", "ridge", "both"} or None
    members : int or None
        Networks in the ensemble.
    most_sources : int or None
        With ``"auto"``, how many sources members may start from at most.
    architecture : str or None
        The network, where no source brings one.
    network : mapping
        What differs from that architecture's defaults.
    recipe : str, Recipe, mapping or None
        As ``tszoo.training.recipe.recipe_for`` takes it.
    freeze : bool
        Train the head alone.
    seed : int
    level : {"auto", "yes", "no"}
        Whether heads read levels, too; ``"auto"`` where the left-out error falls clearly.
    class_weight : {"balanced"}, mapping of label to weight, or None
        How much the classes count in a fit.
    keep_head : bool
        Go on with the softmax heads of the sources, on the same classes.
    reduce : {"auto", "no"}
        Whether ridge heads read less of large series.

    Raises
    ------
    OptionError
        If a value is out of range, or two do not go together whatever the target is.
    """

    source: Sources = "auto"
    head: str | None = None
    members: int | None = None
    most_sources: int | None = None
    architecture: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)
    recipe: RecipeLike = None
    freeze: bool = False
    seed: int = 0
    level: str = "auto"
    class_weight: ClassWeight = None
    keep_head: bool = False
    reduce: str = "auto"

    def __post_init__(self) -> None:
        self._take_plain_numbers()
        self._check_level()
        if self.reduce not in REDUCES:
            msg = f"reduce must be one of {', '.join(REDUCES)}, not {self.reduce!r}."
            raise OptionError(msg)
        checked_class_weight(self.class_weight)
        if self.head not in (None, *HEADS):
            msg = f"head must be one of {', '.join(HEADS)}, not {self.head!r}."
            raise OptionError(msg)
        if self.members is None:
            check_members(1, self.seed)
        else:
            check_members(self.members, self.seed)
        self._check_sources()
        self._check_keep_head()
        asked = self.asks_for_training
        if self.head == "ridge" and asked:
            msg = f'{asked} does not go with head="ridge", which is computed, not trained.'
            raise OptionError(f"{msg} Leave it out.")
        if self.head == "both" and self.freeze:
            msg = 'freeze=True does not go with head="both": half of the members are trained.'
            raise OptionError(msg)
        if self.head == "both" and self.members == 1:
            msg = 'members=1 does not go with head="both": half of the members are trained.'
            raise OptionError(msg)

    def _take_plain_numbers(self) -> None:
        for name in ("members", "most_sources", "seed"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    def _check_level(self) -> None:
        if self.level not in LEVELS:
            msg = f"level must be one of {', '.join(LEVELS)}, not {self.level!r}."
            raise OptionError(msg)
        if "level" in self.network:
            msg = 'level is no part of the network to be set: say level="yes" or level="no".'
            raise OptionError(msg)

    def _check_keep_head(self) -> None:
        if not self.keep_head:
            return
        if isinstance(self.source, str) and _is_a_way(self.source):
            msg = f'keep_head=True does not go with source="{self.source}": name the model to go on'
            raise OptionError(f"{msg} from.")
        if self.head == "both":
            msg = 'keep_head=True does not go with head="both": its networks start from scratch.'
            raise OptionError(msg)
        if self.level != "auto":
            msg = (
                f'level="{self.level}" does not go with keep_head=True: a head reads what it has '
                "read before. Leave it out."
            )
            raise OptionError(msg)

    def _check_sources(self) -> None:
        self._check_most_sources()
        if self.nearest == 0:
            msg = f"{show(self.source)}: write nearest, or nearest:2 for the second nearest."
            raise OptionError(msg)
        if isinstance(self.source, (str, Path, Model)):
            return
        if not self.source:
            msg = "no source is named."
            raise OptionError(msg)
        for source in self.source:
            if isinstance(source, str) and _is_a_way(source):
                msg = f"{source!r} cannot be one of several sources; name models."
                raise OptionError(msg)

    def _check_most_sources(self) -> None:
        if self.most_sources is not None and self.most_sources < 1:
            msg = f"most_sources must be 1 or more, not {self.most_sources}."
            raise OptionError(msg)
        if self.most_sources is not None and self.source != "auto":
            msg = f'most_sources goes with source="auto"; {show(self.source)} is named.'
            raise OptionError(msg)

    @property
    def nearest(self) -> int | None:
        """Which of the nearest sources is asked for, from 1; 0 if that cannot be read.

        None if none.
        """
        if not isinstance(self.source, str):
            return None
        return _nearest(self.source)

    @property
    def asks_for_training(self) -> str | None:
        """The first parameter that says how to train.

        With it, all members are trained, unless told.
        """
        if isinstance(self.recipe, Mapping):
            for name, value in self.recipe.items():
                if value is not None:
                    return f"recipe={{{name!r}: ...}}"
        elif self.recipe is not None:
            return "recipe=..."
        if self.freeze:
            return "freeze=True"
        if self.keep_head:
            return "keep_head=True"
        return None


def _is_a_way(source: str) -> bool:
    """Whether a text says how to find a source, rather than names one."""
    return source in ("auto", "none") or _nearest(source) is not None


def _nearest(source: str) -> int | None:
    """Read ``"nearest"`` or ``"nearest:K"``.

    K, 0 for anything else that begins so, None otherwise.
    """
    name, colon, rank = source.partition(":")
    if name != "nearest":
        return None
    if not colon:
        return 1
    if rank.isascii() and rank.isdigit() and len(rank) < 6:
        return int(rank)
    return 0
