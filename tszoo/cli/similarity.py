"""``tszoo similarity``: how far data sets are apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from tszoo.cli.options import Archive, LabelColumn, Quiet, Unequal
from tszoo.cli.output import counting


def similarity(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Two data sets or more.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The CSV to write.", show_default=False)],
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="A heat map as .png or .svg.", show_default=False),
    ] = None,
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Sakoe-Chiba radius in points. (default: none)", show_default=False),
    ] = None,
    archive: Archive = None,
    label_column: LabelColumn = "first",
    unequal: Unequal = None,
    quiet: Quiet = False,
) -> None:
    """Write the matrix of distances between data sets (DTW between class prototypes).

    Example: tszoo similarity GunPoint Coffee my.csv --archive UCRArchive_2018 --out distances.csv --plot distances.png
    """
    from tszoo.data.load import load_dataset
    from tszoo.report.similarity import plot_similarity, save_matrix_csv
    from tszoo.similarity.distance import distance_matrix
    from tszoo.similarity.prototypes import compute_prototypes

    sets = [load_dataset(one, label_column=label_column, unequal=unequal, archive=archive) for one in data]
    prototypes = []
    for i, one in enumerate(sets, start=1):
        with counting(f"{one.name} ({i} of {len(sets)})", quiet=quiet) as progress:
            prototypes.append(compute_prototypes(one, window, progress=progress, n_jobs=-1))
    matrix = distance_matrix(prototypes, window, n_jobs=-1)
    names = [one.name for one in sets]
    save_matrix_csv(names, matrix, out)
    typer.echo(f"wrote {out}: {len(names)} x {len(names)} distances")
    if plot is not None:
        plot_similarity(names, matrix, plot)
        typer.echo(f"wrote {plot}")
