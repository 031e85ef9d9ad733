"""Say how a model is fitted, but not what: where, and what is kept and watched meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tszoo.data.dataset import Dataset
from tszoo.errors import OptionError
from tszoo.training.episodic.report import EpisodicWatcher
from tszoo.training.epoch import Watcher

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class KeptEpochs:
    """Which epochs of every trained member are kept as models, and where.

    Attributes
    ----------
    folder : Path
        Made when needed.
    every : int
        Every so many epochs, from 1.

    Raises
    ------
    OptionError
        If ``every`` is below 1.
    """

    folder: Path
    every: int

    def __post_init__(self) -> None:
        if self.every < 1:
            msg = f"snapshots every {self.every} epochs: expected a whole number from 1."
            raise OptionError(msg)


@dataclass(frozen=True)
class Run:
    """Where and how fitting happens. None of it decides what the model becomes.

    Only ``device`` and ``precision`` change the weights, in their last digits, as another machine
    does.

    Attributes
    ----------
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    devices : sequence of str
        Several devices, ``device`` among them, that members are spread over: each trains its share
        in a process of its own. The weights are those of one of these devices alone that trains as
        many members side by side. Empty is ``device`` alone.
    precision : str
        ``"auto"``, ``"float32"`` or ``"bfloat16"``, of the convolutions in training.
    folder : Path or None
        Where members and checkpoints are kept until the model is whole; None keeps nothing.
    resume : bool
        Whether to go on from what ``folder`` holds.
    checkpoint_seconds : float
        How often the members in training are saved there.
    watchers : sequence of Watcher
        Told after every epoch of every member; `tszoo.finetune` calls them callbacks.
    episodes : callable or None
        Told how training in episodes goes: an ``EpisodicWatcher``.
    validation : Dataset or None
        Held-out series, looked at after every epoch, for watchers and for what the model's config
        says; nothing is chosen by them.
    watched : mapping of str to Dataset
        More labelled series that are scored after every epoch, by what they are called; watchers
        are told, and nothing is chosen by them.
    snapshots : KeptEpochs or None
        Which epochs are kept as models, beside the one that comes out; None keeps none.
    side_by_side : int or None
        How many members are trained as one; None chooses by the size of a step.
    jobs : int or None
        How many processes train members at a time, on a CPU, and how many threads take frozen
        bodies; 1 does all in this process and thread. None is one for each core, as far as that
        saves time and PyTorch may use as many threads. Models become the same, bit for bit,
        whatever it is.
    progress : callable or None
        Called with (steps done, steps in all) while sources are compared, while prototypes are
        computed, and then with the series that bodies under ridge heads have read, of all bodies.
    cache : Path or None
        A folder where results of probing sources are kept for the next time; None keeps none.

    Raises
    ------
    OptionError
        If ``checkpoint_seconds`` is negative, ``side_by_side`` or ``jobs`` is below 1, or
        ``resume`` is set without a folder.
    """

    device: str = "auto"
    devices: Sequence[str] = ()
    precision: str = "auto"
    folder: Path | None = None
    resume: bool = False
    checkpoint_seconds: float = 60.0
    watchers: Sequence[Watcher] = ()
    episodes: EpisodicWatcher | None = None
    validation: Dataset | None = None
    watched: Mapping[str, Dataset] = field(default_factory=dict)
    snapshots: KeptEpochs | None = None
    side_by_side: int | None = None
    progress: Progress | None = None
    cache: Path | None = None
    jobs: int | None = None

    def __post_init__(self) -> None:
        if self.side_by_side is not None and self.side_by_side < 1:
            msg = f"side_by_side must be 1 or more, not {self.side_by_side}."
            raise OptionError(msg)
        if self.jobs is not None and self.jobs < 1:
            msg = f"jobs must be 1 or more, not {self.jobs}."
            raise OptionError(msg)
        if not self.checkpoint_seconds >= 0:
            msg = f"checkpoint_seconds must be 0 or more, not {self.checkpoint_seconds!r}."
            raise OptionError(msg)
        if self.resume and self.folder is None:
            msg = "resume=True needs the folder that the run is kept in: folder=..."
            raise OptionError(msg)
