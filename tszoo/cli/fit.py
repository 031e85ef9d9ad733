"""``tszoo finetune`` and ``tszoo pretrain``: making models."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.options import (
    ArchitectureName,
    Archive,
    BatchSize,
    CheckpointSeconds,
    Data,
    Device,
    Epochs,
    Json,
    LabelColumn,
    LearningRate,
    Precision,
    Quiet,
    RecipeName,
    Resume,
    Seed,
    Settings,
    Unequal,
    Zoo,
)
from tszoo.cli.output import describe, print_facts, print_json, training
from tszoo.errors import OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model

Members = Annotated[Optional[int], typer.Option(min=1, help="Networks in the ensemble.", show_default=False)]  # noqa: UP045


def finetune(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the model goes.", show_default=False)],
    source: Annotated[
        str, typer.Option(metavar="MODEL|auto|none", help="Where to start; none trains from scratch.")
    ] = "auto",
    epochs: Epochs = None,
    members: Members = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Train the head alone.")] = False,
    head: Annotated[Literal["softmax"], typer.Option(help="What stands on the features.")] = "softmax",
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    recipe: RecipeName = "short",
    settings: Settings = None,
    arch: ArchitectureName = "inception",
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    checkpoint_seconds: CheckpointSeconds = 60.0,
    resume: Resume = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model in DIR.")] = False,
    zoo: Zoo = None,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fit a model to your data, from the source nearest to it.

    A test split beside the data is read once, at the end, to report the accuracy.

    Examples: tszoo finetune my.csv --out my-model   |   tszoo finetune my.csv --source inception.GunPoint --out other
    """
    from tszoo.data.load import load_dataset, load_test_split
    from tszoo.models.folder import check_target, save_model
    from tszoo.transfer.finetune import default_members, find_source
    from tszoo.transfer.finetune import finetune as fit
    from tszoo.transfer.options import adjusted_recipe

    started = time.perf_counter()
    del head  # softmax is the only one; the option is there for scripts that name it
    check_target(out.absolute(), overwrite)
    target = load_dataset(data, label_column=label_column, unequal=unequal, archive=archive)
    test = load_test_split(data, label_column=label_column, unequal=unequal, archive=archive)
    changes, arguments = _settings(settings)
    origin = find_source(target, source, zoo)
    if not (as_json or quiet):
        typer.echo(one_line(describe(target)), err=True)
        if source == "auto" and origin is not None:
            typer.echo(f"starting from {origin.config.name}, the nearest source", err=True)
    count = members if members is not None else default_members(origin)
    kept = out.with_name(out.name + ".training")
    _say_what_is_replaced(kept, resume)
    with training(count, quiet=quiet or as_json, kept=kept) as watcher:
        model = fit(
            target,
            "none" if origin is None else origin,
            test=test,
            epochs=epochs,
            members=count,
            batch_size=batch_size,
            learning_rate=learning_rate,
            recipe=adjusted_recipe(recipe, **changes),
            architecture=arch,
            arguments=arguments,
            freeze=freeze,
            seed=seed,
            device=device,
            precision=precision,
            folder=kept,
            resume=resume,
            checkpoint_seconds=checkpoint_seconds,
            watchers=[watcher],
        )
    save_model(model, out, overwrite=overwrite)
    shutil.rmtree(kept)
    document = _document(model, out, time.perf_counter() - started)
    if as_json:
        print_json(document)
        return
    _print(model, document)


def _document(model: Model, out: Path, seconds: float) -> dict[str, Any]:
    config = model.config
    results = config.results
    document: dict[str, Any] = {
        "model": str(out),
        "source": None if config.parent is None else config.parent.model,
        "members": config.members,
        "epochs": max(config.training["epochs"]),
        "train_loss": results["train_loss"],
        "train_accuracy": results["train_accuracy"],
        "seconds": round(seconds, 1),
        "device": config.training["device"],
    }
    if "accuracy" in results:
        document["test"] = {key: results[key] for key in ("accuracy", "n_series", "member_accuracy")}
    return document


def _print(model: Model, document: dict[str, Any]) -> None:
    facts: list[tuple[str, object]] = [
        ("source", document["source"] or "none (from scratch)"),
        (
            "trained",
            f"{document['members']} members, {document['epochs']} epochs, {document['seconds']:.0f} s on "
            f"{document['device']} ({model.config.training['precision']})",
        ),
        ("training", f"accuracy {document['train_accuracy']:.3f}, loss {document['train_loss']:.4f}"),
    ]
    if "test" in document:
        test = document["test"]
        facts.append(("test", f"accuracy {test['accuracy']:.3f} on {test['n_series']} series"))
    facts.append(("saved", document["model"]))
    print_facts(facts)
    typer.echo(f"next: tszoo predict {document['model']} NEW_DATA   or   tszoo evaluate {document['model']} TEST_DATA")


def pretrain(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="One data set or more.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(metavar="ZOO", help="The zoo's folder; made when needed.", show_default=False)],
    arch: ArchitectureName = "inception",
    members: Annotated[int, typer.Option(min=1, help="Networks in an ensemble.")] = 5,
    recipe: Annotated[
        Optional[Literal["inceptiontime", "fcn", "converged", "short"]],  # noqa: UP045
        typer.Option(help="[default: the paper's of the architecture]", show_default=False),
    ] = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    settings: Settings = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    checkpoint_seconds: CheckpointSeconds = 60.0,
    resume: Resume = False,
    published: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="CSV",
            help="Published results for the cards: columns dataset, name, accuracy, url.",
            show_default=False,
        ),
    ] = None,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
) -> None:
    """Train sources into a zoo: weights, config, prototypes and card of each.

    With --resume, models that the zoo has are left alone, and what was interrupted goes on.

    Example: tszoo pretrain GunPoint Coffee --archive UCRArchive_2018 --out my-zoo --recipe converged --resume
    """
    from tszoo.data.load import load_dataset, load_test_split
    from tszoo.models.folder import is_model_folder
    from tszoo.training.recipe import PAPER_RECIPE
    from tszoo.transfer.options import FitOptions, adjusted_recipe
    from tszoo.transfer.pretrain import pretrain as train
    from tszoo.transfer.published import read_published
    from tszoo.zoo.local import add_model

    figures = {} if published is None else read_published(published)
    changes, arguments = _settings(settings)
    plain = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    chosen = adjusted_recipe(adjusted_recipe(recipe or PAPER_RECIPE.get(arch, "inceptiontime"), **changes), **plain)
    for i, one in enumerate(data, start=1):
        dataset = load_dataset(one, label_column=label_column, unequal=unequal, archive=archive)
        name = f"{arch}.{dataset.name}"
        if resume and is_model_folder(out / name):
            typer.echo(f"{name}: already in {out}", err=True)
            continue
        test = load_test_split(one, label_column=label_column, unequal=unequal, archive=archive)
        if not quiet:
            typer.echo(one_line(f"{i} of {len(data)}: {describe(dataset)}"), err=True)
        kept = out / ".training" / name
        _say_what_is_replaced(kept, resume)
        with training(members, quiet=quiet, kept=kept) as watcher:
            options = FitOptions(
                recipe=chosen,
                members=members,
                seed=seed,
                device=device,
                precision=precision,
                folder=kept,
                resume=resume,
                checkpoint_seconds=checkpoint_seconds,
                watchers=[watcher],
            )
            model = train(
                dataset, options, test=test, architecture=arch, arguments=arguments, published=figures.get(dataset.name)
            )
        add_model(out, model)
        _forget(kept)
        typer.echo(f"{name}: {_summary(model, dataset)}")


def _settings(settings: list[str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell a recipe's hyper-parameters from a network's, which checks its own."""
    from dataclasses import fields

    from tszoo.training.recipe import Recipe

    known = {field.name for field in fields(Recipe)}
    recipe: dict[str, Any] = {}
    network: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, text = setting.partition("=")
        if not (key and equals and text):
            msg = f"--set {setting}: expected KEY=VALUE, such as patience=20."
            raise OptionError(msg)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        (recipe if key in known else network)[key] = value
    return recipe, network


def _summary(model: Model, dataset: Dataset) -> str:
    results, circumstances = model.config.results, model.config.training
    judged = f"test accuracy {results['accuracy']:.4f}, " if "accuracy" in results else ""
    return (
        f"{judged}training accuracy {results['train_accuracy']:.4f} on {dataset.n_series} series, "
        f"{max(circumstances['epochs'])} epochs, {circumstances['seconds']:.0f} s"
    )


def _say_what_is_replaced(kept: Path, resume: bool) -> None:
    if kept.exists() and not resume:
        typer.echo(f"starting anew: the interrupted run in {kept} is replaced (--resume goes on with it)", err=True)


def _forget(kept: Path) -> None:
    """Remove the checkpoints of a model that is in the zoo, and their folder with the last of them."""
    shutil.rmtree(kept)
    if not any(kept.parent.iterdir()):
        kept.parent.rmdir()
