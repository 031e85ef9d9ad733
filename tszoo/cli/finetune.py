"""``tszoo finetune``: a model for your data."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.cache import probe_cache
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
from tszoo.cli.output import counting, describe, print_facts, print_json
from tszoo.cli.picture import picture_of
from tszoo.cli.watching import Files, Run, watching
from tszoo.errors import OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.training.recipe import Recipe
    from tszoo.transfer.plan import Plan

Members = Annotated[Optional[int], typer.Option(min=1, help="Networks in the ensemble.", show_default=False)]  # noqa: UP045


def finetune(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the model goes.", show_default=False)],
    source: Annotated[
        str, typer.Option(metavar="MODEL|auto|none", help="Where to start; none starts from scratch.")
    ] = "auto",
    diverse: Annotated[
        bool, typer.Option("--diverse", help="With --source auto, members may start from different sources.")
    ] = False,
    epochs: Epochs = None,
    members: Members = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Train the head alone.")] = False,
    head: Annotated[
        Optional[Literal["softmax", "ridge", "both"]],  # noqa: UP045
        typer.Option(
            help="softmax trains the network; ridge computes a classifier on the frozen body, in seconds; both does "
            "that for half of the members, and trains the others from scratch. "
            "(default: what suits your data for --source auto, but softmax if a source or anything of the training is "
            "set)",
            show_default=False,
        ),
    ] = None,
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
    """Fit a model to your data, from the source that helps most, or from none where none would help.

    A test split beside the data is read once, at the end, to report the accuracy.

    Examples: tszoo finetune my.csv --out my-model   |   tszoo finetune my.csv --source inception.GunPoint --out other
    """
    from tszoo.models.folder import check_target, save_model

    started = time.perf_counter()
    check_target(out.absolute(), overwrite)
    reading = Reading(archive, label_column, unequal)
    target, held = reading.validated(data, validation, seed)
    test = reading.test(data)
    changes, arguments = read_settings(settings)
    training = {
        "--epochs": epochs,
        "--batch-size": batch_size,
        "--learning-rate": learning_rate,
        "--recipe": recipe,
        "--set": next(iter(changes), None),
        "--freeze": freeze or None,
        "--validation": validation,
        "--resume": resume or None,
        "--side-by-side": side_by_side,
        "--precision": precision if precision == "bfloat16" else None,
        "--log": log,
        "--tensorboard": tensorboard,
        "--record": record,
        "--snapshots": snapshots,
    }
    plan = _plan(target, source, head, training, zoo, members, diverse, device, quiet=quiet or as_json)
    count = members if members is not None else plan.default_members
    plan = replace(plan, sources=plan.sources[:count])
    if not (as_json or quiet):
        typer.echo(one_line(describe(target)), err=True)
        if held is not None:
            typer.echo(one_line(f"validation: {describe(held)}"), err=True)
        if plan.choice is not None:
            typer.echo(one_line(f"starting from {_beginning(plan)}: {plan.choice.why}"), err=True)
    kept = out.with_name(out.name + ".training")
    common = {"test": test, "members": count, "architecture": arch, "arguments": arguments, "seed": seed}
    if plan.head == "ridge":
        with counting("bodies", quiet=quiet or as_json) as progress:
            model = _fit(target, plan, device=device, precision=precision, progress=progress, **common)
    else:
        chosen = _recipe(plan, arch, recipe, changes, epochs, batch_size, learning_rate)
        say_what_is_replaced(kept, resume)
        description = {
            "model": str(out),
            "architecture": plan.sources[0].config.architecture if plan.sources else arch,
            "source": plan.sources[0].config.name if plan.sources else None,
            "dataset": target.name,
            "n_series": target.n_series,
            "validation": validation,
            "members": count,
            "seed": seed,
            "recipe": chosen.to_dict(),
        }
        run = Run(target, count // 2 if plan.head == "both" else count, out, kept, resume, description)
        with watching(run, Files(log, tensorboard, record, snapshots), quiet=quiet or as_json) as watchers:
            model = _fit(
                target,
                plan,
                recipe=chosen,
                freeze=freeze,
                device=device,
                precision=precision,
                folder=kept,
                resume=resume,
                checkpoint_seconds=checkpoint_seconds,
                watchers=watchers,
                validation=held,
                side_by_side=side_by_side,
                **common,
            )
    save_model(model, out, overwrite=overwrite, picture=picture_of(model))
    if plan.head != "ridge":
        shutil.rmtree(kept, ignore_errors=True)  # it may never have come to be
    document = _document(model, plan, out, time.perf_counter() - started)
    if as_json:
        print_json(document)
        return
    _print(model, plan, document)


def _plan(
    target: Dataset,
    source: str,
    head: str | None,
    training: dict[str, Any],
    zoo: str | None,
    members: int | None,
    diverse: bool,
    device: str,
    *,
    quiet: bool,
) -> Plan:
    """Decide where to start and with which head; OptionError for options that do not go with a ridge head."""
    from tszoo.transfer.plan import DEFAULT_MEMBERS, make_plan

    given = next((name for name, value in training.items() if value is not None), None)
    if head == "ridge" and given is not None:
        msg = f"{given} does not go with --head ridge, which is computed, not trained. Leave it out."
        raise OptionError(msg)
    if diverse and source != "auto":
        msg = f"--diverse goes with --source auto; {source} is one source."
        raise OptionError(msg)
    most = (members or DEFAULT_MEMBERS) if diverse else None
    wanted = head or ("softmax" if given is not None else None)
    with counting("sources", quiet=quiet or source != "auto") as progress:
        return make_plan(
            target,
            source,
            wanted,
            zoo=zoo,
            diverse=most,
            members=members,
            cache=probe_cache(),
            device=device,
            progress=progress,
        )


def _fit(target: Dataset, plan: Plan, **options: Any) -> Model:
    from tszoo.transfer.finetune import finetune as fit

    return fit(target, plan.sources or "none", head=plan.head, **options)


def _recipe(
    plan: Plan,
    architecture: str,
    recipe: str | None,
    changes: dict[str, Any],
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
) -> Recipe:
    """Take the recipe that was asked for, or the one that suits the start, with what was set in place."""
    from tszoo.training.recipe import default_recipe
    from tszoo.transfer.options import adjusted_recipe

    network = plan.sources[0].config.architecture if plan.sources else architecture
    start = recipe or default_recipe(network, has_start=bool(plan.sources) and plan.head == "softmax")
    chosen = adjusted_recipe(start, architecture=network, **changes)
    return adjusted_recipe(chosen, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)


def _beginning(plan: Plan) -> str:
    """Say in a few words where a plan starts, and with which head."""
    names = ", ".join(one.config.name for one in plan.sources)
    if plan.head == "ridge":
        return f"{names or 'an untrained body'}, frozen, with a ridge head"
    if plan.head == "both":
        return f"{names or 'an untrained body'}, frozen, with a ridge head, and from scratch"
    return names or "scratch"


def _document(model: Model, plan: Plan, out: Path, seconds: float) -> dict[str, Any]:
    config = model.config
    results = config.results
    document: dict[str, Any] = {
        "model": str(out),
        "source": None if config.parent is None else config.parent.model,
        "head": plan.head,
        "members": config.members,
        "epochs": max(config.training["epochs"]),
        "train_loss": results["train_loss"],
        "train_accuracy": results["train_accuracy"],
        "seconds": round(seconds, 1),
        "device": config.training["device"],
    }
    if plan.choice is not None:
        document["why"] = plan.choice.why
    if len(plan.sources) > 1:
        document["sources"] = [one.config.name for one in plan.sources]
    for key in ("validation", "stopped"):
        if key in config.training:
            document[key] = config.training[key]
    if "accuracy" in results:
        document["test"] = {key: results[key] for key in ("accuracy", "n_series", "member_accuracy")}
    return document


def _print(model: Model, plan: Plan, document: dict[str, Any]) -> None:
    epochs = f"{document['epochs']} epochs"
    done = {
        "softmax": epochs,
        "ridge": "a ridge head each",
        "both": f"a ridge head on {model.config.recipe.get('frozen')} and {epochs} of the others",
    }[plan.head]
    facts: list[tuple[str, object]] = [
        ("source", _beginning(plan) if plan.sources or plan.head != "softmax" else "none (from scratch)"),
        (
            "trained",
            f"{document['members']} members, {done}, {document['seconds']:.0f} s on "
            f"{document['device']} ({model.config.training['precision']})",
        ),
        ("training", f"accuracy {document['train_accuracy']:.3f}, loss {document['train_loss']:.4f}"),
    ]
    if "left_out_accuracy" in model.config.results:
        facts.append(("left out", f"accuracy {model.config.results['left_out_accuracy']:.3f}, each series in turn"))
    if "validation" in document:
        held = document["validation"]
        facts.append(("held out", f"{held['n_series']} series of {held['dataset']}"))
    if "test" in document:
        test = document["test"]
        facts.append(("test", f"accuracy {test['accuracy']:.3f} on {test['n_series']} series"))
    facts.append(("saved", document["model"]))
    print_facts(facts)
    typer.echo(f"next: tszoo predict {document['model']} NEW_DATA   or   tszoo evaluate {document['model']} TEST_DATA")
