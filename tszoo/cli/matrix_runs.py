"""The runs of ``tszoo transfer-matrix``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.fitting import settings_of
from tszoo.cli.options import WHAT, Output, Reading, Training, known_architecture
from tszoo.cli.output import counting
from tszoo.cli.places import check_folder
from tszoo.cli.reading import read_test, read_train
from tszoo.errors import DataError, OptionError

if TYPE_CHECKING:
    from tszoo.transfer.matrix import Setting, Source, Target
    from tszoo.transfer.matrix_folder import MatrixFolder
    from tszoo.transfer.matrix_table import TransferMatrix


@dataclass(frozen=True)
class Asked:
    """What is to be measured."""

    panel: ClassVar[str] = WHAT

    sources: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--sources",
            metavar="NAMES",
            help="Models, or with --arch data sets, apart by commas. Repeatable.",
            show_default=False,
        ),
    ] = None
    targets: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--targets",
            metavar="DATA",
            help="Data sets with test series, apart by commas. Repeatable.",
            show_default=False,
        ),
    ] = None
    arch: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--arch",
            metavar="NAME",
            callback=known_architecture,
            autocompletion=completion.architectures,
            help="Train a network of this kind on each source first.",
            show_default=False,
        ),
    ] = None
    head: Annotated[
        Literal["softmax", "ridge"],
        typer.Option(help="Train all, or a ridge head alone. (default: softmax)"),
    ] = "softmax"
    repeats: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Networks from each source. (default: 1)"),
    ] = 1
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=1, metavar="N", help="Processes, of one thread each. (default: 1)"
        ),
    ] = 1
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="DIR", help="Keep every run here.", show_default=False),
    ] = None

    def check_unused(self) -> None:
        """Raise OptionError for what is to be measured where a matrix is read."""
        given = {
            "--sources": self.sources,
            "--targets": self.targets,
            "--arch": self.arch,
            "--out": self.out,
        }
        for option, value in given.items():
            if value is not None:
                msg = f"{option}: nothing is measured with --from, which reads a matrix."
                raise OptionError(msg)


def measured(
    asked: Asked, training: Training, reading: Reading, zoo: str | None, output: Output
) -> TransferMatrix:
    """Measure what is not there yet, and read the whole matrix."""
    if asked.out is None or not asked.targets:
        msg = "name --targets and a folder with --out; or a matrix that is there, with --from."
        raise OptionError(msg)
    check_folder(asked.out, "--out")
    from tszoo.transfer.matrix_csv import read_matrix, save_neighbours
    from tszoo.transfer.matrix_engine import in_processes
    from tszoo.transfer.matrix_folder import NEIGHBOURS, RESULTS, MatrixFolder, alone_in
    from tszoo.transfer.matrix_sources import nearest_sources

    setting = _setting(asked, training, zoo)
    with alone_in(asked.out):
        kept = MatrixFolder(asked.out, _as_json(setting, asked))
        targets = [_target(reference, reading) for reference in _names(asked.targets)]
        engine = in_processes(asked.jobs)
        sources = _sources(asked, setting, targets, reading, engine)
        _run(kept, targets, sources, setting, engine, output)
        near = nearest_sources(targets, sources, zoo)
        save_neighbours(near, asked.out / NEIGHBOURS)
    return read_matrix(asked.out / RESULTS, neighbours=asked.out / NEIGHBOURS)


def _setting(asked: Asked, training: Training, zoo: str | None) -> Setting:
    from tszoo.transfer.matrix import Setting

    recipe, network = settings_of(training)
    return Setting(
        repeats=asked.repeats,
        head=asked.head,
        architecture=asked.arch,
        network=network or None,
        recipe=recipe or None,
        zoo=zoo,
        class_weight=training.class_weight,
        seed=training.seed,
        device=training.device,
        precision=training.precision,
    )


def _as_json(setting: Setting, asked: Asked) -> dict[str, object]:
    """Say what has to be the same for a folder's rows to be one matrix."""
    return {
        "head": setting.head,
        "architecture": setting.architecture,
        "network": setting.network,
        "recipe": setting.recipe,
        "class_weight": setting.class_weight,
        "seed": setting.seed,
        "sources": "data sets" if asked.arch else "models",
    }


def _names(given: Sequence[str]) -> list[str]:
    """Split names apart by commas; a file may have some in its own."""
    names: list[str] = []
    for text in given:
        if Path(text).exists():
            names.append(text)
        else:
            names += [name for name in text.split(",") if name]
    return list(dict.fromkeys(names))


def _target(reference: str, reading: Reading) -> Target:
    from tszoo.transfer.matrix import Target

    train = read_train(reference, reading)
    test = read_test(reference, reading, train)
    if test is None:
        msg = f"{train.name}: has no test series beside its training series, to judge sources by."
        raise DataError(msg)
    return Target(train.name, train, test)


def _sources(
    asked: Asked, setting: Setting, targets: Sequence[Target], reading: Reading, engine: Any
) -> list[Source]:
    from tszoo.transfer.matrix_folder import SOURCES
    from tszoo.transfer.matrix_sources import trained_sources, zoo_sources

    if asked.arch is None:
        n_channels = targets[0].train.n_channels
        return zoo_sources(_names(asked.sources or ()), setting.zoo, n_channels=n_channels)
    if not asked.sources or asked.out is None:
        msg = "--arch: name with --sources the data sets that networks are to learn first."
        raise OptionError(msg)
    datasets = [read_train(reference, reading) for reference in _names(asked.sources)]
    return trained_sources(datasets, asked.out / SOURCES, setting, engine)


def _run(
    kept: MatrixFolder,
    targets: Sequence[Target],
    sources: Sequence[Source],
    setting: Setting,
    engine: Any,
    output: Output,
) -> None:
    """Measure what is missing, and keep each row as soon as it is there."""
    from tszoo.transfer.matrix import matrix_cases, run_matrix

    cases = matrix_cases(targets, sources, setting, kept.done)
    total = len(cases) * setting.repeats
    with counting("runs", quiet=output.is_silent) as progress:
        for number, _ in enumerate(kept.add(run_matrix(cases, engine)), start=1):
            if progress is not None:
                progress(number, total)
