"""``tszoo publish`` and ``tszoo pull``: to the Hugging Face Hub, and from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli.options import Archive, Json, Quiet, ZooOption
from tszoo.cli.output import counting, human_size, print_json, print_table
from tszoo.errors import DataError, OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.publishing.publish import Published, Verify


def publish(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|ORG",
            help=(
                "A name in the zoo or a model folder; with --zoo alone, the account that all "
                "models go to."
            ),
            show_default=False,
        ),
    ],
    repo: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="ORG/NAME", help="The repository; made if it is not there.", show_default=False
        ),
    ] = None,
    *,
    zoo: ZooOption = None,
    private: Annotated[
        bool, typer.Option("--private", help="Repositories that are made become private.")
    ] = False,
    tag: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="T", help="A name for this version.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only list what would be sent, with sizes. What is there already is asked of "
            "the Hub: this needs the "
            "network too, and the token for what is private.",
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Evaluate each model again on its test split, from --archive."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace cards that somebody edited on the Hub.")
    ] = False,
    archive: Archive = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Publish a model to the Hugging Face Hub, or with --zoo DIR ORG all models of a folder.

    What is there already is not sent again, and an interrupted run of the same command goes on. The
    token is that of the Hub's own login (hf auth login) or HF_TOKEN, and needs write access.

    Examples: tszoo publish my-model me/my-model --tag v1   |   tszoo publish --zoo my-zoo me
    --dry-run
    """
    from tszoo.figures.prototypes import draw_prototypes
    from tszoo.publishing.publish import Options, publish_zoo
    from tszoo.publishing.publish import publish as publish_one

    if verify and archive is None:
        msg = "--verify evaluates models on their test splits: name the archive with --archive DIR."
        raise OptionError(msg)
    options = Options(
        draw=draw_prototypes,
        private=private,
        tag=tag,
        force=force,
        verify=_verifier(archive) if verify and archive is not None else None,
        dry_run=dry_run,
    )
    if repo is not None:
        done = publish_one(model, repo, options, zoo)
        if not as_json:
            for one in done:
                _say(one, dry_run=dry_run)
    else:
        if zoo is None:
            msg = "name the repository as ORG/NAME, or a whole zoo: tszoo publish --zoo DIR ORG."
            raise OptionError(msg)
        with counting("publishing", quiet=quiet or as_json) as progress:

            def report(what: Published | str, n_done: int, total: int) -> None:
                if progress is not None:
                    progress(n_done, total)
                if isinstance(what, str):
                    typer.echo(f"refused: {one_line(what)}", err=True)
                elif not as_json:
                    _say(what, dry_run=dry_run)

            done = publish_zoo(Path(zoo), model, options, report)
    if as_json:
        print_json({"dry_run": dry_run, "repositories": [_document(one) for one in done]})
    elif dry_run:
        n_bytes = sum(one.upload.n_bytes for one in done)
        typer.echo(
            f"would send {human_size(n_bytes)} to {sum(one.upload.is_needed for one in done)} "
            "repositories"
        )


def pull(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|ZOO",
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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another version that is there.")
    ] = False,
    zoo: ZooOption = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Copy a model from the Hub into a plain folder, or with hf://ORG a whole zoo.

    Every file is checked against the Hub's record. What is there already is left alone.

    Examples: tszoo pull hf://org/inception.GunPoint   |   tszoo pull hf://org --out my-zoo
    """
    from tszoo.zoo.find import locate
    from tszoo.zoo.hub.address import is_address, parse_address
    from tszoo.zoo.hub.pull import copy_model, pull_model

    if is_address(model):
        address = parse_address(model)
        if address.name is None:
            _pull_zoo(
                model, out or Path(address.owner), overwrite=overwrite, quiet=quiet, as_json=as_json
            )
            return
        folder = out or Path(address.name)
        snapshot, is_new = pull_model(address, folder, overwrite=overwrite)
        origin = snapshot.place.reference
    else:
        place = locate(model, zoo)
        folder, origin = (
            out or Path(model if place.reference is not None else place.folder.name),
            place.reference,
        )
        is_new = copy_model(place.folder, folder, overwrite=overwrite)
    revision = None if origin is None else origin.revision
    if as_json:
        print_json(
            {
                "model": str(folder),
                "written": is_new,
                "origin": origin and origin.model,
                "revision": revision,
            }
        )
        return
    at = "" if revision is None else f", commit {revision[:12]}"
    typer.echo(f"wrote {folder}{at}" if is_new else f"{folder} holds this very model already{at}")


def _pull_zoo(zoo: str, folder: Path, *, overwrite: bool, quiet: bool, as_json: bool) -> None:
    from tszoo.zoo.find import open_zoo
    from tszoo.zoo.hub.pull import pull_zoo

    written: dict[str, bool] = {}
    with counting("pulling", quiet=quiet or as_json) as progress:

        def report(name: str, was_written: bool, done: int, total: int) -> None:
            written[name] = was_written
            if progress is not None:
                progress(done, total)

        pull_zoo(open_zoo(zoo), folder, overwrite=overwrite, report=report)
    if as_json:
        print_json(
            {"zoo": str(folder), "models": [{"model": k, "written": v} for k, v in written.items()]}
        )
        return
    there = len(written) - sum(written.values())
    typer.echo(
        f"wrote {folder}: {sum(written.values())} models{f', {there} were there' if there else ''}"
    )


def _verifier(archive: Path) -> Verify:
    from tszoo.publishing.claims import verify

    def check(model: Model) -> None:
        try:
            reached = verify(model, archive)
        except DataError as error:
            typer.echo(f"not verified: {model.config.name}: {error}", err=True)
            return
        if reached is not None:
            typer.echo(f"verified: {one_line(model.config.name)} reaches {reached:.4f}", err=True)

    return check


def _say(one: Published, *, dry_run: bool) -> None:
    upload = one.upload
    if dry_run:
        print_table(
            (str(upload.address), "size", ""),
            [(change.name, human_size(change.size), change.state) for change in upload.changes],
            right=("size",),
        )
        return
    what = f"{human_size(upload.n_bytes)} sent" if upload.is_needed else "unchanged"
    kept = (
        "; its card was edited on the Hub and stays (--force replaces it)"
        if _keeps_card(one)
        else ""
    )
    typer.echo(f"{one_line(one.url)}: {what}{kept}")


def _keeps_card(one: Published) -> bool:
    return any(change.state == "kept" for change in one.upload.changes)


def _document(one: Published) -> dict[str, Any]:
    return {
        "repository": one.upload.address.repo,
        "url": one.url,
        "revision": one.commit,
        "bytes": one.upload.n_bytes,
        "files": [{"name": c.name, "size": c.size, "state": c.state} for c in one.upload.changes],
    }
