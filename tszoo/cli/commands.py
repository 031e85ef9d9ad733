"""All commands, under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from tszoo.cli import datasets, finetune, judge, pretrain, publish, recommend, runlog, similarity
from tszoo.cli import models as zoo
from tszoo.cli.group import OneLineErrors
from tszoo.cli.groups import with_groups

__all__ = ["app"]

app = typer.Typer(
    name="tszoo",
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tszoo {version('tszoo')}")
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


app.command("list")(zoo.list_)
app.command("info")(zoo.info)
app.command("recommend")(recommend.recommend)
app.command("finetune")(with_groups(finetune.finetune))
app.command("predict")(judge.predict)
app.command("evaluate")(judge.evaluate)
app.command("pretrain")(with_groups(pretrain.pretrain))
app.command("publish")(publish.publish)
app.command("pull")(publish.pull)
app.command("similarity")(similarity.similarity)
app.command("runlog")(runlog.runlog)
app.add_typer(datasets.app, name="datasets")
