"""``tszoo similarity``: how far data sets are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tszoo.cli.comparing import Comparing
from tszoo.cli.options import Output, Reading, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file, check_picture, make_room
from tszoo.cli.reading import read_all
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.similarity.prototypes import Prototypes


@dataclass(frozen=True)
class Files:
    """What to write."""

    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Write the distances here.", show_default=False)
    ]
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Draw a heat map with a tree, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None
    map_: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--map",
            metavar="FILE",
            help="Draw a map on which similar data sets are close, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None

    @property
    def figures(self) -> dict[str, Path]:
        """The figures that are asked for, by their options."""
        places = {"--plot": self.plot, "--map": self.map_}
        return {option: place for option, place in places.items() if place is not None}


def similarity(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="Two data sets or more; with --with-zoo, one or more.",
            show_default=False,
        ),
    ],
    *,
    files: Files,
    with_zoo: Annotated[
        bool,
        typer.Option("--with-zoo", help="Compare with the sources of the zoo, too."),
    ] = False,
    comparing: Comparing,
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Write the distances between data sets as CSV.

    The distance of two data sets is the DTW distance of their nearest class prototypes.

    Example: tszoo similarity GunPoint Coffee --archive UCRArchive_2018 --out distances.csv
    Example: tszoo similarity GunPoint Coffee --normalized --resample 64 --out distances.csv
    Example: tszoo similarity my.csv --with-zoo --out distances.csv --map map.png
    """
    from tszoo.similarity.distance import distance_matrix
    from tszoo.similarity.matrix_csv import save_matrix_csv
    from tszoo.zoo.datasets import check_comparable, learnt_datasets
    from tszoo.zoo.find import open_zoo

    _check_places(files)
    sets = read_all(data, reading)
    if len(sets) == 1 and not with_zoo:
        msg = (
            f"{sets[0].name} has nothing to be compared with; name another data set, or give "
            "--with-zoo."
        )
        raise OptionError(msg)
    check_comparable(sets)
    sources = []
    if with_zoo:
        sources = learnt_datasets(open_zoo(zoo), sets)
    prototypes = _prototypes(sets, comparing, output)
    prototypes += [source.prototypes for source in sources]
    with counting("distances", quiet=output.is_silent) as progress:
        matrix = distance_matrix(
            prototypes, progress=progress, n_jobs=-1, comparison=comparing.comparison()
        )
    targets = [dataset.name for dataset in sets]
    names = targets + [source.name for source in sources]
    make_room(files.out, "--out")
    for option, place in files.figures.items():
        make_room(place, option)
    save_matrix_csv(names, matrix, files.out)
    starred = targets if with_zoo else []
    if files.plot is not None:
        from tszoo.figures.similarity import plot_similarity

        plot_similarity(names, matrix, files.plot, targets=starred)
    if files.map_ is not None:
        from tszoo.figures.zoo_map import plot_map

        kinds = [None] * len(targets) + [source.kind for source in sources]
        plot_map(names, matrix, files.map_, kinds=kinds, targets=starred)
    if output.as_json:
        document = {"datasets": names, "distances": matrix.tolist(), "out": str(files.out)}
        for option, place in files.figures.items():
            document[option.removeprefix("--")] = str(place)
        print_json(document)
        return
    typer.echo(f"wrote {files.out}: {len(names)} x {len(names)} distances")
    for place in files.figures.values():
        typer.echo(f"wrote {place}")


def _check_places(files: Files) -> None:
    """Raise an error, before the work, for files that cannot be written."""
    check_file(files.out, "--out")
    for option, place in files.figures.items():
        check_picture(place, option)


def _prototypes(sets: Sequence[Dataset], comparing: Comparing, output: Output) -> list[Prototypes]:
    from tszoo.similarity.prototypes import compute_prototypes

    prototypes = []
    for i, dataset in enumerate(sets, start=1):
        what = f"{dataset.name} ({i} of {len(sets)})"
        with counting(what, quiet=output.is_silent) as progress:
            computed = compute_prototypes(
                dataset,
                comparing.warping_window,
                progress=progress,
                n_jobs=-1,
                per_class=comparing.prototypes,
            )
            prototypes.append(computed)
    return prototypes
