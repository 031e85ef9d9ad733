"""``tszoo similarity``: how far data sets are apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Optional

import typer

from tszoo.cli.options import Archive, Json, LabelColumn, Quiet, Split, Unequal, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.cli.places import check_file, make_room
from tszoo.errors import DataError, OptionError

if TYPE_CHECKING:
    from tszoo.data import Dataset
    from tszoo.similarity.prototypes import Prototypes
    from tszoo.zoo.zoo import Zoo


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
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The CSV to write.", show_default=False)
    ],
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="A heat map with a tree, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    map_: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--map",
            metavar="FILE",
            help="A map of the data sets, those alike close together, as .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    with_zoo: Annotated[
        bool,
        typer.Option(
            "--with-zoo",
            help="Put the data among the sources of the zoo, --zoo or the embedded one.",
        ),
    ] = False,
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0, help="Sakoe-Chiba radius in points. (default: none)", show_default=False
        ),
    ] = None,
    zoo: ZooOption = None,
    archive: Archive = None,
    split: Split = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the matrix of distances between data sets (DTW between class prototypes).

    Example: tszoo similarity GunPoint Coffee my.csv --archive UCRArchive_2018 --out distances.csv
    --plot distances.png

    Example: tszoo similarity my.csv --with-zoo --out distances.csv --map map.png
    """
    from tszoo.data.load import load_dataset
    from tszoo.figures.figure import check_format
    from tszoo.figures.similarity import plot_similarity, save_matrix_csv
    from tszoo.figures.zoo_map import plot_map
    from tszoo.similarity.distance import distance_matrix
    from tszoo.similarity.prototypes import compute_prototypes
    from tszoo.zoo.find import open_zoo

    places = {"--out": out, "--plot": plot, "--map": map_}
    for option, place in places.items():
        if option != "--out" and place is not None:
            check_format(place)  # before the work
        check_file(place, option)
    quiet = quiet or as_json
    sets = [
        load_dataset(one, split=split, label_column=label_column, unequal=unequal, archive=archive)
        for one in data
    ]
    _check_comparable(sets, alone=not with_zoo)
    sources = _sources(open_zoo(zoo), sets) if with_zoo else []
    prototypes = []
    for i, one in enumerate(sets, start=1):
        with counting(f"{one.name} ({i} of {len(sets)})", quiet=quiet) as progress:
            prototypes.append(compute_prototypes(one, window, progress=progress, n_jobs=-1))
    prototypes += [source.prototypes for source in sources]
    with counting("distances", quiet=quiet) as progress:
        matrix = distance_matrix(prototypes, window, progress=progress, n_jobs=-1)
    targets = [one.name for one in sets]
    names = targets + [source.name for source in sources]
    for option, place in places.items():
        if place is not None:
            make_room(place, option)
    starred = targets if with_zoo else ()
    save_matrix_csv(names, matrix, out)
    if plot is not None:
        plot_similarity(names, matrix, plot, targets=starred)
    if map_ is not None:
        kinds = [None] * len(targets) + [source.kind for source in sources]
        plot_map(names, matrix, map_, kinds=kinds, targets=starred)
    figures = {
        option.strip("-"): str(place)
        for option, place in places.items()
        if place and option != "--out"
    }
    if as_json:
        print_json({"datasets": names, "distances": matrix.tolist(), "out": str(out), **figures})
        return
    typer.echo(f"wrote {out}: {len(names)} x {len(names)} distances")
    for figure in figures.values():
        typer.echo(f"wrote {figure}")


class _Source(NamedTuple):
    """A source of the zoo: what it is called, its prototypes, what it measures."""

    name: str
    prototypes: Prototypes
    kind: str | None


def _check_comparable(sets: Sequence[Dataset], *, alone: bool) -> None:
    """Raise an error, before anything is computed, for data sets that make no matrix."""
    if alone and len(sets) < 2:
        msg = (
            f"{sets[0].name} has nothing to be compared with; name another data set, or give "
            "--with-zoo."
        )
        raise OptionError(msg)
    seen: set[str] = set()
    for one in sets:
        if one.name in seen:
            msg = (
                f"two data sets are called {one.name}; rename the file or folder of one, or leave "
                "one out."
            )
            raise DataError(msg)
        seen.add(one.name)
    first = sets[0]
    other = next((one for one in sets if one.n_channels != first.n_channels), None)
    if other is not None:
        msg = (
            f"{first.name} has {first.n_channels} channel(s) and {other.name} {other.n_channels}; "
            "only data sets of as many channels can be compared."
        )
        raise DataError(msg)


def _sources(catalogue: Zoo, sets: Sequence[Dataset]) -> list[_Source]:
    """Take each data set of the zoo once, except those given.

    ZooError or DataError if none can be compared.

    Models of one data set have the same prototypes. Data sets of one name that differ go by their
    models' names.
    """
    n_channels = sets[0].n_channels
    known = {one.sha256 for one in sets}
    names = {one.name for one in sets}
    sources = []
    for entry in catalogue.models:
        if entry.n_channels != n_channels or entry.sha256 in known:
            continue
        name = entry.model if entry.dataset in names else entry.dataset
        if name in names:
            msg = (
                f"two data sets are called {name}, one of them in {catalogue.name}; rename the "
                "file or folder of yours."
            )
            raise DataError(msg)
        known.add(entry.sha256)
        names.add(name)
        sources.append(_Source(name, catalogue.prototypes(entry.model), entry.kind))
    if not sources:
        msg = (
            f"{catalogue.name}: no source of {n_channels} channel(s) to compare {sets[0].name} "
            "with, apart from the data given."
        )
        raise DataError(msg)
    return sources
