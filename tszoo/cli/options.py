"""Options that several commands share, spelled once."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from tszoo.nets.registry import ARCHITECTURES
from tszoo.training.recipe import NAMES

# Optional, not `X | None`: typer reads these at run time, also on Python 3.10.
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A .csv, .tsv, .txt, .ts, .arff or .npz file, a UCR folder, or a name in the archive.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        show_default=False,
        help=("A name in the zoo, such as inception.GunPoint, a model folder, or hf://ORG/NAME."),
    ),
]
Zoo = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
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
        help=("Where bare data set names are looked up."),
        show_default=False,
    ),
]
LabelColumn = Annotated[
    str,
    typer.Option(
        metavar="first|last|N|NAME|none", help="Which column holds the labels; N counts from 1."
    ),
]
Unequal = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--unequal/--no-unequal",
        help="Series may differ in length: what is missing at their ends is padding. "
        "(default: as the file looks; rows of different lengths need --unequal)",
        show_default=False,
    ),
]
Split = Annotated[
    Optional[Literal["train", "test"]],  # noqa: UP045
    typer.Option(help="Which split of a UCR folder.", show_default=False),
]
Seed = Annotated[
    int, typer.Option(min=0, help="The same seed on the same machine gives the same answer.")
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda[:N]", help="Where to compute.")]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16"],
    typer.Option(help="Of the convolutions; auto is bfloat16 where the processor has it."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted run of the same command.")
]
Epochs = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="In place of the recipe's.", show_default=False),
]
BatchSize = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="In place of the recipe's.", show_default=False),
]
LearningRate = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(help="In place of the recipe's.", show_default=False),
]
CheckpointSeconds = Annotated[float, typer.Option(min=0.0, help="How often the run is saved.")]
Settings = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any hyper-parameter of the recipe (patience=20, schedule=cosine) or, from "
        "scratch, of the network "
        "(depth=9, kernel_lengths=\\[20,10,5]); repeat for more.",
        show_default=False,
    ),
]


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


ArchitectureName = Annotated[
    str,
    typer.Option(
        "--arch", metavar="|".join(ARCHITECTURES), callback=known_architecture, help="The network."
    ),
]
RecipeName = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--recipe",
        metavar="|".join(NAMES),
        callback=_known_recipe,
        help="How long and how fast to learn: fast takes a tenth of the paper's steps or fewer, "
        "finetune as many, but "
        "smaller ones; paper is the paper's of the network, converged is that, ended when "
        "the loss has settled. "
        "(default: finetune from a source, fast from scratch; of mlp: paper)",
        show_default=False,
    ),
]
Validation = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        metavar="DATA|SHARE|every:K|last:SHARE",
        help="Watch the training by series that it does not see: other data, or some held out "
        "of DATA, such as 0.2 of "
        "each class, every:5 or last:0.2. Nothing is chosen by them.",
        show_default=False,
    ),
]
Log = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE",
        help="Write every epoch down, one line of JSON each, for tszoo runlog.",
        show_default=False,
    ),
]
TensorBoardFolder = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--tensorboard", metavar="DIR", help="Write curves for TensorBoard.", show_default=False
    ),
]
Record = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="DIR",
        help="Record how every node learns, for tszoo runlog --plot --nodes.",
        show_default=False,
    ),
]
SnapshotsEvery = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--snapshots",
        min=1,
        metavar="N",
        help=(
            "Keep the weights of every N-th epoch, in a folder beside the model's: MODEL.snapshots."
        ),
        show_default=False,
    ),
]
SideBySide = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        min=1,
        metavar="N",
        help="Train N members as one. (default: by the size of a step)",
        show_default=False,
    ),
]


def as_typed(
    archive: Path | None = None,
    zoo: str | None = None,
    *,
    split: str | None = None,
    label_column: str = "first",
    unequal: bool | None = None,
) -> str:
    """Spell options for where data and models are and how data are read as the next command needs them.

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
