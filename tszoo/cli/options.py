"""Options that several commands share, spelled once."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES

DATA, TRAINING, WATCHING = "Data", "Training", "Watching"

# Optional, not `X | None`: typer reads these at run time, also on Python 3.10.
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A data file, a UCR folder, or a name in the archive.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        show_default=False,
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
        help="A folder of models, or hf://ORG. (default: the embedded zoo)",
    ),
]
Archive = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        envvar="TSZOO_ARCHIVE",
        metavar="DIR",
        help="Where data set names are looked up.",
        show_default=False,
        rich_help_panel=DATA,
    ),
]
LabelColumn = Annotated[
    str,
    typer.Option(
        metavar="first|last|N|NAME|none",
        help="Which column holds the labels; N counts from 1.",
        rich_help_panel=DATA,
    ),
]
Unequal = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--unequal/--no-unequal",
        help="Series may differ in length. (default: as the file looks)",
        show_default=False,
        rich_help_panel=DATA,
    ),
]
Split = Annotated[
    Optional[Literal["train", "test"]],  # noqa: UP045
    typer.Option(help="Which split of a folder.", show_default=False, rich_help_panel=DATA),
]
Seed = Annotated[
    int, typer.Option(min=0, help="The same seed gives the same model on the same machine.")
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda[:N]", help="Where to compute.")]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16"],
    typer.Option(help="Of the convolutions; auto is the fast one.", rich_help_panel=TRAINING),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]


@dataclass(frozen=True)
class Output:
    """How a command answers."""

    quiet: Quiet = False
    as_json: Json = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing but the result is wanted."""
        return self.quiet or self.as_json


@dataclass(frozen=True)
class Reading:
    """How data are read."""

    archive: Archive = None
    split: Split = None
    label_column: LabelColumn = "first"
    unequal: Unequal = None


def known_architecture(name: str | None) -> str | None:
    """Give a name of an architecture back; wrong usage if there is none of that name."""
    if name is not None and name not in ARCHITECTURES:
        msg = f"{name!r} is not one of {', '.join(ARCHITECTURES)}."
        raise typer.BadParameter(msg)
    return name


def _known_recipe(name: str | None) -> str | None:
    if name is not None and name not in NAMES:
        msg = f"{name!r} is not one of {', '.join(NAMES)}."
        raise typer.BadParameter(msg)
    return name


RecipeName = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--recipe",
        metavar="|".join(NAMES),
        callback=_known_recipe,
        help="How long and how fast to train. (default: finetune from a source, else fast)",
        show_default=False,
        rich_help_panel=TRAINING,
    ),
]
Epochs = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        min=1, help="Epochs, not the recipe's.", show_default=False, rich_help_panel=TRAINING
    ),
]
BatchSize = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        min=1, help="Series a step, not the recipe's.", show_default=False, rich_help_panel=TRAINING
    ),
]
LearningRate = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(help="Not the recipe's.", show_default=False, rich_help_panel=TRAINING),
]
Settings = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any number of the recipe (patience=20) or the network (depth=9). Repeatable.",
        show_default=False,
        rich_help_panel=TRAINING,
    ),
]


@dataclass(frozen=True)
class Training:
    """How to train."""

    recipe: RecipeName = None
    epochs: Epochs = None
    batch_size: BatchSize = None
    learning_rate: LearningRate = None
    settings: Settings = None
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            help="The same seed gives the same model on the same machine.",
            rich_help_panel=TRAINING,
        ),
    ] = 0
    device: Annotated[
        str,
        typer.Option(
            metavar="auto|cpu|cuda[:N]", help="Where to compute.", rich_help_panel=TRAINING
        ),
    ] = "auto"
    precision: Precision = "auto"


@dataclass(frozen=True)
class Watching:
    """What is kept and written down while training; none of it changes what is done."""

    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Write every epoch down, for tszoo runlog.",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None
    validation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="DATA|SHARE|every:K|last:SHARE",
            help="Score every epoch on other data, or on a share held out of DATA.",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None
    tensorboard: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--tensorboard",
            metavar="DIR",
            help="Write curves for TensorBoard.",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR",
            help="Record how every node learns, for tszoo runlog --nodes.",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None
    snapshots: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--snapshots",
            min=1,
            metavar="N",
            help="Keep the weights of every N-th epoch, in MODEL.snapshots.",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with an interrupted run of the same command.",
            rich_help_panel=WATCHING,
        ),
    ] = False
    checkpoint_seconds: Annotated[
        float,
        typer.Option(min=0.0, help="How often the run is saved.", rich_help_panel=WATCHING),
    ] = 60.0
    side_by_side: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            metavar="N",
            help="Train N members as one network. (default: what is fastest)",
            show_default=False,
            rich_help_panel=WATCHING,
        ),
    ] = None

    @property
    def writes(self) -> bool:
        """Whether files of the training are asked for."""
        return any((self.log, self.tensorboard, self.record, self.snapshots, self.validation))


def as_typed(
    archive: Path | None = None,
    zoo: str | None = None,
    *,
    split: str | None = None,
    label_column: str = "first",
    unequal: bool | None = None,
) -> str:
    """Spell options for where data and models are and how data are read, for the next command.

    Defaults, and what the environment gives, need not be said again.
    """
    places = {"archive": (archive, "TSZOO_ARCHIVE"), "zoo": (zoo, "TSZOO_ZOO")}
    given = {
        name: str(value)
        for name, (value, variable) in places.items()
        if value is not None and os.environ.get(variable) != str(value)
    }
    if split is not None:
        given["split"] = split
    if label_column != "first":
        given["label-column"] = label_column
    spelled = "".join(f" --{name} {shlex.quote(value)}" for name, value in given.items())
    return spelled + {None: "", True: " --unequal", False: " --no-unequal"}[unequal]
