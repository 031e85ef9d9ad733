"""``tszoo pull``: from the Hugging Face Hub into plain folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.options import Output, Overwrite, ZooOption
from tszoo.cli.output import counting, print_json
from tszoo.text import counted


def pull(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|ZOO",
            autocompletion=completion.models,
            help=(
                "hf://ORG/NAME or hf://ORG/NAME@REVISION; hf://ORG for all its models; or a name "
                "in the zoo."
            ),
            show_default=False,
        ),
    ],
    *,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR",
            help="The folder to write. (default: the model's name)",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Copy a model from the Hub into a plain folder, or with hf://ORG a whole zoo.

    Every file is checked against the Hub's record. What is there already is left alone.

    Example: tszoo pull hf://org/inception.GunPoint
    Example: tszoo pull hf://org --out my-zoo
    """
    from tszoo.zoo.find import locate
    from tszoo.zoo.hub.address import is_address, parse_address
    from tszoo.zoo.hub.pull import copy_model, pull_model

    if is_address(model):
        address = parse_address(model)
        if address.name is None:
            _pull_zoo(model, out or Path(address.owner), overwrite=overwrite, output=output)
            return
        folder = out or Path(address.name)
        snapshot, is_new = pull_model(address, folder, overwrite=overwrite)
        reference = snapshot.place.reference
    else:
        place = locate(model, zoo)
        reference = place.reference
        folder = out or Path(place.folder.name)
        if out is None and reference is not None:  # its folder is the Hub's cache's
            folder = Path(model)
        is_new = copy_model(place.folder, folder, overwrite=overwrite)
    document: dict[str, Any] = {
        "model": str(folder),
        "written": is_new,
        "reference": None,
        "revision": None,
    }
    if reference is not None:
        document |= {"reference": reference.model, "revision": reference.revision}
    if output.as_json:
        print_json(document)
        return
    revision = document["revision"]
    at = "" if revision is None else f", commit {revision[:12]}"
    if is_new:
        typer.echo(f"wrote {folder}{at}")
    else:
        typer.echo(f"{folder} holds this very model already{at}")


def _pull_zoo(zoo: str, folder: Path, *, overwrite: bool, output: Output) -> None:
    from tszoo.zoo.find import open_zoo
    from tszoo.zoo.hub.pull import pull_zoo

    written: dict[str, bool] = {}
    with counting("pulling", quiet=output.is_silent) as progress:

        def report(name: str, was_written: bool, done: int, total: int) -> None:
            written[name] = was_written
            if progress is not None:
                progress(done, total)

        pull_zoo(open_zoo(zoo), folder, overwrite=overwrite, report=report)
    if output.as_json:
        models = [{"model": name, "written": is_new} for name, is_new in written.items()]
        print_json({"zoo": str(folder), "models": models})
        return
    n_new = sum(written.values())
    there = ""
    if n_new < len(written):
        there = f", {len(written) - n_new} were there"
    typer.echo(f"wrote {folder}: {counted(n_new, 'model')}{there}")
