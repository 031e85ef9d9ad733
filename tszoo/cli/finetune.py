"""``tszoo finetune``: a model for your data."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from tszoo.cli.cache import probe_cache
from tszoo.cli.fitting import Reading, clear_away, read_settings, say_what_is_replaced
from tszoo.cli.options import (
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
    Split,
    TensorBoardFolder,
    Unequal,
    Validation,
    Zoo,
    as_typed,
    known_architecture,
)
from tszoo.cli.output import counting, describe, print_facts, print_json
from tszoo.cli.picture import picture_of
from tszoo.cli.watching import Files, Run, watching
from tszoo.errors import OptionError
from tszoo.nets.registry import ARCHITECTURES
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.models.model import Model
    from tszoo.training.recipe import Recipe
    from tszoo.transfer.plan import Plan

Members = Annotated[
    int | None, typer.Option(min=1, help="Networks in the ensemble.", show_default=False)
]
DEFAULT_ARCHITECTURE = "inception"


def finetune(
    data: Data,
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the model goes.", show_default=False)
    ],
    source: Annotated[
        str,
        typer.Option(metavar="MODEL|auto|none", help="Where to start; none starts from scratch."),
    ] = "auto",
    diverse: Annotated[
        bool,
        typer.Option(
            "--diverse", help="With --source auto, members may start from different sources."
        ),
    ] = False,
    epochs: Epochs = None,
    members: Members = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Train the head alone.")] = False,
    head: Annotated[
        Optional[Literal["softmax", "ridge", "both"]],  # noqa: UP045
        typer.Option(
            help="softmax trains the network; ridge computes a classifier on the frozen body, "
            "in seconds; both does "
            "that for half of the members, and trains the others from scratch. "
            "(default: what suits your data for --source auto, but softmax if a source or "
            "anything of the training is "
            "set)",
            show_default=False,
        ),
    ] = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    recipe: RecipeName = None,
    settings: Settings = None,
    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="|".join(ARCHITECTURES),
            callback=known_architecture,
            help=f"The network, where no source brings one. (default: {DEFAULT_ARCHITECTURE})",
            show_default=False,
        ),
    ] = None,
    validation: Validation = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    side_by_side: SideBySide = None,
    checkpoint_seconds: CheckpointSeconds = 60.0,
    resume: Resume = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model in DIR.")
    ] = False,
    log: Log = None,
    tensorboard: TensorBoardFolder = None,
    record: Record = None,
    snapshots: SnapshotsEvery = None,
    zoo: Zoo = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fit a model to your data, from the source that helps most, or from none where none would help.

    A test split beside the data is read once, at the end, to report the accuracy.

    Examples: tszoo finetune my.csv --out my-model   |   tszoo finetune my.csv --source
    inception.GunPoint --out other
    """
    from tszoo.models.folder import check_target, save_model
    from tszoo.training.run_folder import check_kept
    from tszoo.transfer.options import halves
    from tszoo.transfer.plan import asks_for_training

    started = time.perf_counter()
    check_target(out.absolute(), overwrite)
    kept = out.with_name(out.name + ".training")
    files = Files(log, tensorboard, record, snapshots)
    files.check(out, kept, resume=resume)
    if head != "ridge":
        check_kept(kept)
    reading = Reading(archive, label_column, unequal, split)
    target, held = reading.validated(data, validation, seed)
    test = reading.test(data)
    changes, arguments = read_settings(settings)
    given = asks_for_training(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        recipe=recipe,
        set=next(iter(changes), None),
        freeze=freeze,
        validation=validation,
        watchers=(),
        resume=resume,
        side_by_side=side_by_side,
        precision=precision,
        log=log,
        tensorboard=tensorboard,
        record=record,
        snapshots=snapshots,
    )
    plan = _plan(target, source, head, given, zoo, members, diverse, device, quiet=quiet or as_json)
    count = members if members is not None else plan.default_members
    plan = replace(plan, sources=plan.sources_of(count))
    architecture = _architecture(plan, arch)
    if not (as_json or quiet):
        typer.echo(one_line(describe(target)), err=True)
        if held is not None:
            typer.echo(one_line(f"validation: {describe(held)}"), err=True)
        if plan.choice is not None:
            typer.echo(one_line(f"starting from {_beginning(plan)}: {plan.choice.why}"), err=True)
    common = {
        "test": test,
        "members": count,
        "architecture": architecture,
        "arguments": arguments,
        "seed": seed,
    }
    if plan.head == "ridge":
        with counting("bodies", quiet=quiet or as_json) as progress:
            model = _fit(
                target, plan, device=device, precision=precision, progress=progress, **common
            )
    else:
        chosen = _recipe(plan, architecture, recipe, changes, epochs, batch_size, learning_rate)
        say_what_is_replaced(kept, resume)
        description = {
            "model": str(out),
            "architecture": architecture,
            "source": plan.sources[0].config.name if plan.sources else None,
            "dataset": target.name,
            "n_series": target.n_series,
            "validation": validation,
            "members": count,
            "seed": seed,
            "recipe": chosen.to_dict(),
        }
        trained = halves(count)[1] if plan.head == "both" else count
        run = Run(target, trained, out, kept, resume, description)
        with watching(run, files, quiet=quiet or as_json) as watchers:
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
        clear_away(kept)
    document = _document(model, plan, out, time.perf_counter() - started)
    if as_json:
        print_json(document)
        return
    _print(model, plan, document, as_typed(label_column=label_column))


def _plan(
    target: Dataset,
    source: str,
    head: str | None,
    given: str | None,
    zoo: str | None,
    members: int | None,
    diverse: bool,
    device: str,
    *,
    quiet: bool,
) -> Plan:
    """Decide where to start and with which head.

    ``given`` is an option that says anything of the training.

    OptionError for options that do not go with a ridge head.
    """
    from tszoo.transfer.plan import DEFAULT_MEMBERS, make_plan

    if head == "ridge" and given is not None:
        option = given.replace("_", "-")
        msg = (
            f"--{option} does not go with --head ridge, which is computed, not trained. Leave it "
            "out."
        )
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

    return fit(
        target, plan.sources or "none", head=plan.head, prototypes=plan.prototypes, **options
    )


def _architecture(plan: Plan, asked: str | None) -> str:
    """Give the sources' architecture, or the one that was asked for where there are none.

    OptionError for both.
    """
    if not plan.sources:
        return asked or DEFAULT_ARCHITECTURE
    first = plan.sources[0].config
    if asked not in (None, first.architecture):
        msg = (
            f"--arch {asked}: a source's network stays as it is, and {first.name} is "
            f"{first.architecture}. Leave --arch out, or start from scratch: --source none."
        )
        raise OptionError(msg)
    return first.architecture


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

    start = recipe or default_recipe(
        architecture, has_start=bool(plan.sources) and plan.head == "softmax"
    )
    chosen = adjusted_recipe(start, architecture=architecture, **changes)
    return adjusted_recipe(
        chosen, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate
    )


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
        "source": None if config.base is None else config.base.model,
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
        document["test"] = {
            key: results[key] for key in ("accuracy", "n_series", "member_accuracy")
        }
    return document


def _print(model: Model, plan: Plan, document: dict[str, Any], reading: str) -> None:
    epochs = f"{document['epochs']} epochs"
    done = {
        "softmax": epochs,
        "ridge": "a ridge head each",
        "both": f"a ridge head on {model.config.recipe.get('frozen')} and {epochs} of the others",
    }[plan.head]
    facts: list[tuple[str, object]] = [
        (
            "source",
            _beginning(plan) if plan.sources or plan.head != "softmax" else "none (from scratch)",
        ),
        (
            "trained",
            f"{document['members']} members, {done}, {document['seconds']:.0f} s on "
            f"{document['device']} ({model.config.training['precision']})",
        ),
        (
            "training",
            f"accuracy {document['train_accuracy']:.3f}, loss {document['train_loss']:.4f}",
        ),
    ]
    if "left_out_accuracy" in model.config.results:
        facts.append(
            (
                "left out",
                f"accuracy {model.config.results['left_out_accuracy']:.3f}, each series in turn",
            )
        )
    if "validation" in document:
        held = document["validation"]
        facts.append(("held out", f"{held['n_series']} series of {held['dataset']}"))
    if "test" in document:
        test = document["test"]
        facts.append(("test", f"accuracy {test['accuracy']:.3f} on {test['n_series']} series"))
    facts.append(("saved", document["model"]))
    print_facts(facts)
    place = shlex.quote(document["model"])
    typer.echo(
        f"next: tszoo predict {place} NEW_DATA{reading}   or   tszoo evaluate {place} "
        f"TEST_DATA{reading}"
    )
