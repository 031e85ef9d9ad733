"""What ``tszoo sweep`` can be told, and what that asks of the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.fitting import settings_of
from tszoo.cli.options import (
    TRAINING,
    WATCHING,
    WHAT,
    Jobs,
    Training,
    known_architecture,
)
from tszoo.nets.registry import ARCHITECTURES

if TYPE_CHECKING:
    from tszoo.study.settings import Settings

PRESETS = ("inceptiontime", "convtimenet", "pinniped", "sagemaker")


@dataclass(frozen=True)
class Asked:
    """What is varied, and what is made of it."""

    panel: ClassVar[str] = WHAT

    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Put results.csv and logs here.", show_default=False),
    ]
    vary: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--vary",
            metavar="KEY=V1,V2,…",
            help="Try these values of a number of the recipe or the network, or of recipe, arch, "
            "members, source, balance, n_series or length. Repeatable.",
            show_default=False,
        ),
    ] = None
    preset: Annotated[
        Optional[Literal["inceptiontime", "convtimenet", "pinniped", "sagemaker"]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help=f"Vary what a document varied: {', '.join(PRESETS)}.",
            show_default=False,
        ),
    ] = None
    grid: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--grid/--one-at-a-time",
            help="Try every value with every value of the others, or one change at a time. "
            "(default: grid; a preset one at a time)",
            show_default=False,
        ),
    ] = None
    repeats: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Try each N times. (default: 1)", show_default=False),
    ] = 1
    best: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="MODEL_DIR",
            help="Fit what did best on held-out series to all series, and put the model here.",
            show_default=False,
        ),
    ] = None
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model in MODEL_DIR.")
    ] = False
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FOLDER",
            help="Draw accuracies, curves, confusions and what differs into a folder.",
            show_default=False,
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be tried, and do nothing.")
    ] = False


@dataclass(frozen=True)
class Around:
    """What everything is varied around, beside the recipe."""

    panel: ClassVar[str] = TRAINING

    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            callback=known_architecture,
            autocompletion=completion.architectures,
            help=f"The network: {', '.join(ARCHITECTURES)}. (default: inception)",
            show_default=False,
        ),
    ] = None
    source: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Start from this model, or as --source of finetune. (default: none)",
            autocompletion=completion.sources,
            show_default=False,
        ),
    ] = "none"
    members: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1, metavar="N", help="Try ensembles of N. (default: 1)", show_default=False
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return what is asked for, whether or not it is the default."""
        own = {"architecture": self.arch, "members": self.members}
        return {name: value for name, value in own.items() if value is not None}

    def settings(self, training: Training, zoo: str | None) -> Settings:
        """Return what holds where nothing is varied."""
        from tszoo.study.settings import Settings

        recipe, network = settings_of(training)
        own = {**self.given(), "zoo": zoo}
        return Settings(
            source=self.source,
            recipe=recipe,
            network=network,
            class_weight=training.class_weight,
            **own,
        )


@dataclass(frozen=True)
class Doing:
    """Where trials are done, and what is kept of them."""

    panel: ClassVar[str] = WATCHING

    validation: Annotated[
        str,
        typer.Option(
            metavar="DATA",
            help="Choose by a part of DATA that is held out, 0.2, every:5, last:0.2 or group:0.2, "
            "or by other data. (default: 0.2)",
            show_default=False,
        ),
    ] = "0.2"
    budget: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="TIME",
            help="Begin no trial after 480s, 90m or 2h; the same command goes on.",
            show_default=False,
        ),
    ] = None
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(
            metavar="NAME",
            help="local, processes of one thread each, or ray, on one machine or many.",
            show_default=False,
        ),
    ] = "local"
    jobs: Jobs = None
    curves: Annotated[
        bool,
        typer.Option(
            "--curves/--no-curves",
            help="Keep a log of every epoch of a trial, which takes time. (default: keep)",
            show_default=False,
        ),
    ] = True
    record: Annotated[
        bool,
        typer.Option(
            "--record-nodes",
            help="Record how the nodes of each trial's members learn, which takes more time.",
        ),
    ] = False
