"""``tszoo finetune``: a model for your data."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.fitting import Reading, read_settings, say_what_is_replaced
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
    Log,
    Precision,
    Quiet,
    RecipeName,
    Record,
    Resume,
    Seed,
    Settings,
    SideBySide,
    SnapshotsEvery,
    TensorBoardFolder,
    Unequal,
    Validation,
    Zoo,
)
from tszoo.cli.output import describe, print_facts, print_json
from tszoo.cli.watching import Files, Run, watching
from tszoo.text import one_line

if TYPE_CHECKING:
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
    recipe: RecipeName = None,
    settings: Settings = None,
    arch: ArchitectureName = "inception",
    validation: Validation = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    side_by_side: SideBySide = None,
    checkpoint_seconds: CheckpointSeconds = 60.0,
    resume: Resume = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model in DIR.")] = False,
    log: Log = None,
    tensorboard: TensorBoardFolder = None,
    record: Record = None,
    snapshots: SnapshotsEvery = None,
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
    from tszoo.models.folder import check_target, save_model
    from tszoo.training.recipe import default_recipe
    from tszoo.transfer.finetune import default_members, find_source
    from tszoo.transfer.finetune import finetune as fit
    from tszoo.transfer.options import adjusted_recipe

    started = time.perf_counter()
    del head  # softmax is the only one; the option is there for scripts that name it
    check_target(out.absolute(), overwrite)
    reading = Reading(archive, label_column, unequal)
    target, held = reading.validated(data, validation, seed)
    test = reading.test(data)
    changes, arguments = read_settings(settings)
    plain: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    origin = find_source(target, source, zoo)
    network = arch if origin is None else origin.config.architecture
    chosen = adjusted_recipe(
        recipe or default_recipe(network, has_start=origin is not None), architecture=network, **changes
    )
    chosen = adjusted_recipe(chosen, **plain)
    if not (as_json or quiet):
        typer.echo(one_line(describe(target)), err=True)
        if held is not None:
            typer.echo(one_line(f"validation: {describe(held)}"), err=True)
        if source == "auto" and origin is not None:
            typer.echo(f"starting from {origin.config.name}, the nearest source", err=True)
    count = members if members is not None else default_members(() if origin is None else (origin,))
    kept = out.with_name(out.name + ".training")
    say_what_is_replaced(kept, resume)
    description = {
        "model": str(out),
        "architecture": network,
        "source": None if origin is None else origin.config.name,
        "dataset": target.name,
        "n_series": target.n_series,
        "validation": validation,
        "members": count,
        "seed": seed,
        "recipe": chosen.to_dict(),
    }
    run = Run(target, count, out, kept, resume, description)
    with watching(run, Files(log, tensorboard, record, snapshots), quiet=quiet or as_json) as watchers:
        model = fit(
            target,
            "none" if origin is None else origin,
            test=test,
            members=count,
            recipe=chosen,
            architecture=arch,
            arguments=arguments,
            freeze=freeze,
            seed=seed,
            device=device,
            precision=precision,
            folder=kept,
            resume=resume,
            checkpoint_seconds=checkpoint_seconds,
            watchers=watchers,
            validation=held,
            side_by_side=side_by_side,
        )
    save_model(model, out, overwrite=overwrite)
    shutil.rmtree(kept, ignore_errors=True)  # it may never have come to be
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
    for key in ("validation", "stopped"):
        if key in config.training:
            document[key] = config.training[key]
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
    if "validation" in document:
        held = document["validation"]
        facts.append(("held out", f"{held['n_series']} series of {held['dataset']}"))
    if "test" in document:
        test = document["test"]
        facts.append(("test", f"accuracy {test['accuracy']:.3f} on {test['n_series']} series"))
    facts.append(("saved", document["model"]))
    print_facts(facts)
    typer.echo(f"next: tszoo predict {document['model']} NEW_DATA   or   tszoo evaluate {document['model']} TEST_DATA")
