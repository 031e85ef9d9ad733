"""Options that several commands share, each declared once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES

if TYPE_CHECKING:
    from tszoo.data.readers.raw import TableOptions

# The panels of the help. Typer prints a panel called "Options" before all others, so the last one
# has another name.
WHAT, TRAINING, WATCHING, DATA, OTHER = "What", "Training", "Watching", "Data", "Other options"
BINS = 32  # of histograms

# Optional, not `X | None`: typer reads these at run time, also on Python 3.10.
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A data file, a UCR folder, or a name in the archive.",
        show_default=False,
    ),
]
SeveralData = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA...",
        help="Data files, UCR folders, or names in the archive.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        show_default=False,
        autocompletion=completion.models,
        help="A name in the zoo (inception.GunPoint), a model folder, or hf://ORG/NAME.",
    ),
]
ZooOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--zoo",
        envvar="TSZOO_ZOO",
        metavar="ZOO",
        show_default=False,
        show_envvar=False,
        help="A folder of models, or hf://ORG. (default: $TSZOO_ZOO, else the embedded zoo)",
        rich_help_panel=OTHER,
    ),
]
Archive = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        envvar="TSZOO_ARCHIVE",
        metavar="DIR",
        help="The folder of data set names. (default: $TSZOO_ARCHIVE)",
        show_default=False,
        show_envvar=False,
    ),
]
LabelColumn = Annotated[
    str,
    typer.Option(
        metavar="COLUMN",
        help="Where the labels are: first, last, a number from 1, a name, none.",
        show_default=False,
    ),
]
LabelFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--labels",
        metavar="FILE",
        help="Labels in a second file.",
        show_default=False,
    ),
]
Unequal = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--unequal/--no-unequal",
        help="Series may differ in length. (default: as the file looks)",
        show_default=False,
    ),
]
Layout = Annotated[
    Optional[Literal["NCT", "NTC"]],  # noqa: UP045
    typer.Option(
        help="In a .npz, channels come before time (NCT) or behind it (NTC).",
        show_default=False,
    ),
]
Split = Annotated[
    Optional[Literal["train", "test"]],  # noqa: UP045
    typer.Option(help="Which split of a folder to read.", show_default=False),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Where to compute: auto, cpu, cuda or cuda:N.", show_default=False
    ),
]
Devices = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Where to compute: auto, cpu, cuda or cuda:N; members train on several at a time: "
        "cuda:0,cuda:1, or cuda:all.",
        show_default=False,
    ),
]
Jobs = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--jobs",
        min=1,
        metavar="N",
        help="Use N cores at most; the answer is the same. (default: what is fastest)",
        show_default=False,
    ),
]
WarpingWindow = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--warping-window",
        min=0,
        metavar="W",
        help="Warp by W points at most (a Sakoe-Chiba band). (default: any)",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is in DIR.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document and nothing else.", rich_help_panel=OTHER),
]


@dataclass(frozen=True)
class Output:
    """How a command answers."""

    panel: ClassVar[str] = OTHER

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False
    as_json: Json = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing but the result is wanted."""
        return self.quiet or self.as_json


@dataclass(frozen=True)
class Table:
    """How a file is read, where its first lines do not say it."""

    panel: ClassVar[str] = DATA

    label_column: LabelColumn = "first"
    id_column: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="COLUMN",
            help="Where ids of the series are: a number from 1, a name.",
            show_default=False,
        ),
    ] = None
    time_column: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="COLUMN",
            help="Where times are, in a table of one line a point.",
            show_default=False,
        ),
    ] = None
    channels: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--channels",
            metavar="COLUMNS",
            help="Where values are, in a table of one line a point: x,y,z. Repeatable.",
            show_default=False,
        ),
    ] = None
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=2,
            metavar="N",
            help="Cut recordings, one line a point, into windows of N points.",
            show_default=False,
        ),
    ] = None
    stride: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Start a window every N points. (default: as many as it has)",
            show_default=False,
        ),
    ] = None
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="COLUMN",
            help="What series have in common that new ones will not (a machine): left-out figures "
            "leave out all of it. (default: of windows, the id)",
            show_default=False,
        ),
    ] = None
    drop: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="COLUMN",
            help="Leave a column out; none takes all for values. Repeatable.",
            show_default=False,
        ),
    ] = None
    header: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--header/--no-header",
            help="The first line names the columns. (default: as it looks)",
            show_default=False,
        ),
    ] = None
    encoding: Annotated[
        str,
        typer.Option(metavar="NAME", help="Of text files. (default: utf-8)", show_default=False),
    ] = "utf-8"
    labels: LabelFile = None
    unequal: Unequal = None
    layout: Layout = None

    def options(self) -> TableOptions:
        """Return what the library is to be told about a table, beside its label."""
        return {
            "header": self.header,
            "id_column": self.id_column,
            "time_column": self.time_column,
            "drop": self.drop or None,
            "encoding": self.encoding,
            "labels": self.labels,
            "layout": self.layout,
            "channels": self.channels or None,
            "window": self.window,
            "stride": self.stride,
            "group": self.group,
        }


@dataclass(frozen=True)
class Reading(Table):
    """How data are found and read."""

    archive: Archive = None
    split: Split = None


def known_architecture(name: str | None) -> str | None:
    """Give a name of an architecture back; wrong usage if there is none of that name."""
    return _one_of(name, ARCHITECTURES)


def _known_recipe(name: str | None) -> str | None:
    return _one_of(name, NAMES)


def _one_of(name: str | None, names: Iterable[str]) -> str | None:
    if name is not None and name not in names:
        msg = f"{name!r} is not one of {', '.join(names)}."
        raise typer.BadParameter(msg)
    return name


@dataclass(frozen=True)
class Training:
    """How to train."""

    panel: ClassVar[str] = TRAINING

    recipe: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--recipe",
            metavar="NAME",
            callback=_known_recipe,
            autocompletion=completion.recipes,
            help=f"One of {', '.join(NAMES)}. (default: continue from a universal body, "
            "finetune from another source, else fast)",
            show_default=False,
        ),
    ] = None
    epochs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", help="Train for N epochs.", show_default=False),
    ] = None
    batch_size: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, metavar="N", help="Take N series a step.", show_default=False),
    ] = None
    learning_rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(metavar="RATE", help="The highest learning rate.", show_default=False),
    ] = None
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help=(
                "Set a number of the recipe (patience=20) or the network "
                "(kernel_lengths=[20,10,5]). Repeatable."
            ),
            show_default=False,
        ),
    ] = None
    balance: Annotated[
        bool,
        typer.Option(
            "--balance", help="Let all classes count the same, however many series they have."
        ),
    ] = False
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="The same seed gives the same model. (default: 0)",
            show_default=False,
        ),
    ] = 0
    device: Devices = "auto"
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        typer.Option(
            metavar="NAME",
            help="Of convolutions: float32, bfloat16, or auto, the faster one.",
            show_default=False,
        ),
    ] = "auto"

    @property
    def class_weight(self) -> str | None:
        """How much classes count, as the library is told."""
        if self.balance:
            return "balanced"
        return None


@dataclass(frozen=True)
class Watching:
    """What is kept and written down while training; none of it changes what is done."""

    panel: ClassVar[str] = WATCHING

    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write every epoch down for runlog.", show_default=False),
    ] = None
    validation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="DATA",
            help="Score every epoch on other data, or on a part of DATA that is held out: "
            "0.2, every:5, last:0.2, shuffled:last:0.2 or group:0.2.",
            show_default=False,
        ),
    ] = None
    watch: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--watch",
            metavar="DATA",
            help="Score every epoch on these data, too. Repeatable.",
            show_default=False,
        ),
    ] = None
    tensorboard: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--tensorboard",
            metavar="DIR",
            help="Write curves for TensorBoard.",
            show_default=False,
        ),
    ] = None
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR",
            help="Record how nodes learn, for runlog.",
            show_default=False,
        ),
    ] = None
    activation_bins: Annotated[
        int,
        typer.Option(
            min=2,
            metavar="N",
            help="Bins of activations. (default: 32)",
            show_default=False,
        ),
    ] = BINS
    draw_every: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Draw the run every N epochs, in MODEL.figures.",
            show_default=False,
        ),
    ] = None
    snapshots: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--snapshots",
            min=1,
            metavar="N",
            help="Keep a model of every N-th epoch, in MODEL.snapshots.",
            show_default=False,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with an interrupted run."),
    ] = False
    checkpoint_seconds: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="S",
            help="Save every S seconds. (default: 60)",
            show_default=False,
        ),
    ] = 60.0
    side_by_side: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Train N members as one. (default: what is fastest)",
            show_default=False,
        ),
    ] = None
    jobs: Jobs = None

    @property
    def writes(self) -> bool:
        """Whether files of the training are asked for."""
        asked = (self.log, self.tensorboard, self.record, self.snapshots, self.watch)
        return any((*asked, self.draw_every))


def as_typed(reading: Reading | None = None, zoo: str | None = None) -> str:
    """Spell options for how data are read and where models are, for the next command.

    Defaults, and what the environment gives, need not be said again.
    """
    reading = reading or Reading()
    options = {
        "archive": _unless_in("TSZOO_ARCHIVE", reading.archive),
        "zoo": _unless_in("TSZOO_ZOO", zoo),
        "split": reading.split,
        "layout": reading.layout,
    }
    words = [f" --{name} {shlex.quote(value)}" for name, value in options.items() if value]
    words += _columns_as_typed(reading)
    if reading.unequal is not None:
        words.append({True: " --unequal", False: " --no-unequal"}[reading.unequal])
    return "".join(words)


def _columns_as_typed(reading: Table) -> list[str]:
    """Spell the options for the columns of a table, each with a space before it."""
    options = {
        "id-column": reading.id_column,
        "time-column": reading.time_column,
        "window": _as_text(reading.window),
        "stride": _as_text(reading.stride),
        "group": reading.group,
    }
    if reading.labels is not None:
        options["labels"] = str(reading.labels)
    if reading.label_column != "first":
        options["label-column"] = reading.label_column
    if reading.encoding != "utf-8":
        options["encoding"] = reading.encoding
    words = [f" --{name} {shlex.quote(value)}" for name, value in options.items() if value]
    words += _repeated("channels", reading.channels) + _repeated("drop", reading.drop)
    if reading.header is not None:
        words.append({True: " --header", False: " --no-header"}[reading.header])
    return words


def _repeated(name: str, values: list[str] | None) -> list[str]:
    return [f" --{name} {shlex.quote(value)}" for value in values or ()]


def _as_text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _unless_in(variable: str, value: Path | str | None) -> str | None:
    """Give a value as text, or None if the environment gives it already."""
    if value is None or os.environ.get(variable) == str(value):
        return None
    return str(value)
