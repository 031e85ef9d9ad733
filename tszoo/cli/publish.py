"""``tszoo publish``: to the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli import completion
from tszoo.cli.options import Archive, Output, ZooOption
from tszoo.cli.output import counting, human_size, print_json, print_table
from tszoo.errors import DataError, OptionError
from tszoo.text import one_line

if TYPE_CHECKING:
    from tszoo.models.model import Model
    from tszoo.publishing.options import Options, Verify
    from tszoo.publishing.publish import Published


@dataclass(frozen=True)
class Sending:
    """How to publish."""

    public: Annotated[
        bool,
        typer.Option("--public", help="Let everybody see new repositories. (default: private)"),
    ] = False
    license: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ID",
            help="What others may do with it, as the Hub names licences: apache-2.0, mit, …. "
            "(default: what its config says, if anything)",
            show_default=False,
        ),
    ] = None
    share_prototypes: Annotated[
        bool,
        typer.Option(
            "--share-prototypes",
            help="Send the prototypes of classes with fewer than three training series too: they "
            "are such series, or near to them.",
        ),
    ] = False
    tag: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="NAME", help="Give this version a name.", show_default=False),
    ] = None
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only list what would be sent. This asks the Hub what it has.",
        ),
    ] = False
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Evaluate each model again first, on its test split in --archive."
        ),
    ] = False
    force: Annotated[
        bool, typer.Option("--force", help="Replace cards that were edited on the Hub.")
    ] = False
    archive: Archive = None


def publish(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|ORG",
            autocompletion=completion.models,
            help=(
                "A name in the zoo or a model folder; without ORG/NAME, the account that all "
                "models of --zoo go to."
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
    sending: Sending,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Publish a model to the Hugging Face Hub, or with --zoo DIR ORG all models of a folder.

    New repositories are private, and models have no licence, unless you say otherwise. What is
    there already is not sent again. The same command goes on with an interrupted one. You need
    write access: log in with hf auth login, or set HF_TOKEN.

    Example: tszoo publish my-model me/my-model --public --license mit --tag v1
    Example: tszoo publish --zoo my-zoo me --dry-run
    """
    from tszoo.publishing.publish import publish as publish_one

    options = _options(sending)
    if repo is None:
        done = _publish_zoo(model, zoo, options, output)
    else:
        done = publish_one(model, repo, options, zoo)
        if not output.as_json:
            for published in done:
                _say(published, dry_run=sending.dry_run)
    if output.as_json:
        repositories = [_document(published) for published in done]
        print_json({"dry_run": sending.dry_run, "repositories": repositories})
    elif sending.dry_run:
        size = human_size(sum(published.upload.n_bytes for published in done))
        n_needed = sum(published.upload.is_needed for published in done)
        typer.echo(f"would send {size} to {n_needed} repositories")


def _options(sending: Sending) -> Options:
    from tszoo.figures.prototypes import draw_prototypes
    from tszoo.publishing.options import Options

    verify = None
    if sending.verify:
        if sending.archive is None:
            msg = (
                "--verify evaluates models on their test splits: name the archive with "
                "--archive DIR."
            )
            raise OptionError(msg)
        verify = _verifier(sending.archive)
    return Options(
        draw=draw_prototypes,
        private=not sending.public,
        tag=sending.tag,
        license=sending.license,
        share_prototypes=sending.share_prototypes,
        force=sending.force,
        verify=verify,
        dry_run=sending.dry_run,
    )


def _publish_zoo(
    account: str, zoo: str | None, options: Options, output: Output
) -> list[Published]:
    from tszoo.publishing.publish import publish_zoo

    if zoo is None:
        msg = "name the repository as ORG/NAME, or a whole zoo: tszoo publish --zoo DIR ORG."
        raise OptionError(msg)
    with counting("publishing", quiet=output.is_silent) as progress:

        def report(what: Published | str, n_done: int, total: int) -> None:
            if progress is not None:
                progress(n_done, total)
            if isinstance(what, str):
                typer.echo(f"refused: {one_line(what)}", err=True)
            elif not output.as_json:
                _say(what, dry_run=options.dry_run)

        return publish_zoo(Path(zoo), account, options, report)


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


def _say(published: Published, *, dry_run: bool) -> None:
    upload = published.upload
    if published.n_withheld:
        typer.echo(_withheld(published), err=True)
    if dry_run:
        print_table(
            (str(upload.address), "size", ""),
            [(change.name, human_size(change.size), change.state) for change in upload.changes],
            right=("size",),
        )
        return
    text = "unchanged"
    if upload.is_needed:
        text = f"{human_size(upload.n_bytes)} sent"
    if any(change.state == "kept" for change in upload.changes):
        text += "; its card was edited on the Hub and stays (--force replaces it)"
    typer.echo(f"{one_line(published.url)}: {text}")


def _withheld(published: Published) -> str:
    """Say why prototypes are not sent."""
    return (
        f"{published.upload.address}: {published.n_withheld} prototypes are not sent, because they "
        "are not known to be averages of three training series or more (--share-prototypes sends "
        "them)"
    )


def _document(published: Published) -> dict[str, Any]:
    upload = published.upload
    return {
        "repository": upload.address.repo,
        "url": published.url,
        "revision": published.commit,
        "bytes": upload.n_bytes,
        "prototypes_withheld": published.n_withheld,
        "files": [
            {"name": change.name, "size": change.size, "state": change.state}
            for change in upload.changes
        ],
    }
