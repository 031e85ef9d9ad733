"""``tszoo export``: a model as a file of another runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tszoo.cli.options import ModelName, Output, ZooOption
from tszoo.cli.output import print_json
from tszoo.cli.places import check_file, make_room


def export(
    model: ModelName,
    *,
    file_format: Annotated[
        Literal["onnx", "torch"],
        typer.Option(
            "--format",
            help="ONNX (FILE.onnx), or a program of torch.export (FILE.pt2).",
        ),
    ] = "onnx",
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Write the model here.", show_default=False)
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE.")] = False,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Write a model as one file that other runtimes run without tszoo.

    Normalisation, all members and the temperature are inside: raw series go in, probabilities of
    classes come out. Before it is written, its answers for random series are compared with the
    model's.

    Example: tszoo export my-model --out my-model.onnx
    """
    from tszoo.exporting.export import check_export, export_model
    from tszoo.models.digests import file_digest
    from tszoo.storage.layout import WEIGHTS
    from tszoo.zoo.find import locate

    check_export(out, file_format, overwrite=overwrite)
    check_file(out, "--out")
    place = locate(model, zoo)
    fitted = place.load()
    make_room(out, "--out")
    exported = export_model(
        fitted,
        out,
        format=file_format,
        overwrite=overwrite,
        weights_sha256=file_digest(place.folder, WEIGHTS),
    )
    if output.as_json:
        answer = {"format": file_format, "out": str(out), "difference": exported.difference}
        print_json({"model": model, **answer, "metadata": exported.facts})
        return
    typer.echo(f"wrote {out}; it differs from the model by {exported.difference:.1g} at most")
