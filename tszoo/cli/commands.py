"""All commands, under one name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from tszoo import __version__
from tszoo.cli import datasets
from tszoo.cli.calibrate import calibrate
from tszoo.cli.compare import compare
from tszoo.cli.evaluate import evaluate
from tszoo.cli.explain import explain
from tszoo.cli.export import export
from tszoo.cli.filters import filters
from tszoo.cli.finetune import finetune
from tszoo.cli.group import Command, Group, OneLineErrors
from tszoo.cli.groups import with_groups
from tszoo.cli.info import info
from tszoo.cli.list import list_
from tszoo.cli.predict import predict
from tszoo.cli.pretrain import pretrain
from tszoo.cli.publish import publish
from tszoo.cli.pull import pull
from tszoo.cli.recommend import recommend
from tszoo.cli.report import report
from tszoo.cli.runlog import runlog
from tszoo.cli.serve import serve
from tszoo.cli.similarity import similarity
from tszoo.cli.sweep import sweep
from tszoo.cli.synthesize import synthesize
from tszoo.cli.transfer_matrix import transfer_matrix
from tszoo.cli.warmup import warmup

__all__ = ["app"]

COMMANDS = (
    list_,
    info,
    recommend,
    finetune,
    predict,
    evaluate,
    compare,
    explain,
    filters,
    report,
    calibrate,
    pretrain,
    sweep,
    export,
    serve,
    publish,
    pull,
    similarity,
    transfer_matrix,
    runlog,
    warmup,
)
DATASETS = (datasets.list_, datasets.info, datasets.fetch, datasets.convert, synthesize)

app = typer.Typer(
    name="tszoo",
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
datasets_app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="List, describe, download, convert and make up data sets.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tszoo {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_asked: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Pretrained models and transfer learning for time series classification.

    Start with your data: tszoo recommend my.csv
    """


def _add(commands: Sequence[Callable[..., None]], to: typer.Typer) -> None:
    for command in commands:
        name = command.__name__.rstrip("_").replace("_", "-")  # list_ would hide Python's
        to.command(name, cls=Command)(with_groups(command))


_add(COMMANDS, app)
_add(DATASETS, datasets_app)
app.add_typer(datasets_app, name="datasets")
