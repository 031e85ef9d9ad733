"""Publish models to the Hub: one model, or a whole zoo with its catalogue.

What is there already is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tszoo.errors import ModelError, OptionError
from tszoo.models.load import load_folder
from tszoo.models.model import Model
from tszoo.publishing.account import Described, plan_catalogue, update_catalogue
from tszoo.publishing.collection import collect
from tszoo.publishing.model_upload import plan_upload
from tszoo.publishing.options import Options
from tszoo.publishing.outgoing import prepare
from tszoo.publishing.tags import is_tagged, tag_commit
from tszoo.publishing.upload import Upload, send
from tszoo.storage.hub_names import SCHEME
from tszoo.text import show
from tszoo.zoo.find import locate, open_zoo
from tszoo.zoo.hub.address import Address, parse_address, parse_repo
from tszoo.zoo.hub.client import url_of
from tszoo.zoo.hub.faults import ChangedError

ATTEMPTS = 3


@dataclass(frozen=True, eq=False)
class Published:
    """What became of one repository.

    Attributes
    ----------
    url : str
        Its page.
    upload : Upload
        What was sent, or would be.
    commit : str or None
        Its newest commit now; None for one that a dry run found not to be there.
    n_withheld : int
        Prototypes of the model that are not sent, because they would show training series.
    """

    url: str
    upload: Upload
    commit: str | None
    n_withheld: int = 0


def publish_model(folder: Path, address: Address, options: Options) -> tuple[Published, Described]:
    """Publish the model in a folder.

    Parameters
    ----------
    folder : Path
    address : Address
        The repository; made if it is not there.
    options : Options

    Raises
    ------
    ModelError
        If the model does not load, or a card claims what it does not reach.
    ZooError
        If the Hub refuses or cannot be reached. The repository then holds the whole model or
        nothing of it, and the same call goes on.
    """
    model = load_folder(folder)
    if options.verify is not None:
        options.verify(model)
    outgoing = prepare(folder, model, options)
    message = options.message or f"Publish {model.config.name}"
    for attempt in range(1, ATTEMPTS + 1):
        upload = plan_upload(outgoing, address, options)
        commit = upload.head
        try:
            tagged = options.tag is None or is_tagged(upload, options.tag)
            if upload.is_needed and not options.dry_run:
                commit = send(upload, message)
            break
        except ChangedError:
            # by somebody else, or by us, when the answer to a commit got lost
            if attempt == ATTEMPTS:
                raise
    if options.tag is not None and not tagged and commit is not None and not options.dry_run:
        tag_commit(address, options.tag, commit)
    entry = replace(outgoing.entry(str(address.name)), revision=commit)
    published = Published(url_of(address.repo), upload, commit, outgoing.n_withheld)
    return published, Described(entry, outgoing.model.prototypes, upload.is_private)


def publish(
    model: str | Path, repo: str, options: Options, zoo: str | Path | None = None
) -> list[Published]:
    """Publish one model, and enter it into its account's catalogue.

    Parameters
    ----------
    model : str or Path
        A name in the zoo, or a model folder.
    repo : str
        ``ORG/NAME``.
    options : Options
    zoo : str, Path or None
        Where names are looked up; None for the embedded zoo.

    Returns
    -------
    list of Published
        Of the model, and of the catalogue.

    Raises
    ------
    TszooError
        As ``publish_model``.
    """
    address = parse_repo(repo)
    return _publish_and_list(locate(model, zoo).folder, address, options)


def publish_loaded(model: Model, repo: str, options: Options) -> str:
    """Publish a model that is in memory, and enter it into its account's catalogue.

    Its weights are stored as `tszoo.Model.save` stores them. No picture is drawn for its card.

    Parameters
    ----------
    model : Model
    repo : str
        ``ORG/NAME``; made if it is not there.
    options : Options

    Returns
    -------
    str
        The address of the repository's page.

    Raises
    ------
    TszooError
        As ``publish_model``.
    """
    address = parse_repo(repo)
    with TemporaryDirectory(prefix="tszoo-publish-") as scratch:
        folder = Path(scratch) / str(address.name)
        model.save(folder)
        published, _ = _publish_and_list(folder, address, options)
    return published.url


def _publish_and_list(folder: Path, address: Address, options: Options) -> list[Published]:
    published, described = publish_model(folder, address, options)
    listed = _list(address.owner, {str(address.name): described}, options)
    return [published, listed]


def publish_zoo(
    root: Path,
    owner: str,
    options: Options,
    report: Callable[[Published | str, int, int], None] | None = None,
) -> list[Published]:
    """Publish all models of a zoo's folder, then the catalogue and a collection of them.

    Models that are refused are left out, and named in the error that ends the call; the others are
    there then.

    Parameters
    ----------
    root : Path
    owner : str
        The account.
    options : Options
    report : callable or None
        Told what became of each repository, or why it was refused, and (done, in all).

    Raises
    ------
    ModelError
        At the end, if models were refused.
    ZooError
        If the folder is no zoo, or the Hub refuses or cannot be reached; the same call goes on.
    """
    address = parse_address(SCHEME + owner.removeprefix(SCHEME))
    if address.name is not None or address.revision is not None:
        msg = (
            f"{show(owner)}: a zoo goes to an account, a repository for each model. Write the "
            "account's name alone."
        )
        raise OptionError(msg)
    zoo = open_zoo(root)
    addresses = {entry.name: Address(address.owner, entry.name) for entry in zoo}
    total = len(addresses) + len(zoo.broken) + 1
    done: list[Published] = []
    described: dict[str, Described] = {}
    refused = {model.model: model.reason for model in zoo.broken}
    tell = report or (lambda _what, _done, _total: None)
    for reason in refused.values():
        tell(reason, len(done), total)
    for name, where in addresses.items():
        try:
            published, described[name] = publish_model(root / name, where, options)
        except ModelError as error:
            refused[name] = str(error)
            tell(str(error), len(done) + len(refused), total)
            continue
        done.append(published)
        tell(published, len(done) + len(refused), total)
    if described:
        done.append(_list(address.owner, described, options))
        tell(done[-1], total, total)
        if not options.dry_run:
            repos = [addresses[name].repo for name in described]
            collect(address.owner, repos, private=options.private)
    if refused:
        msg = (
            f"{root}: {len(refused)} of {total - 1} models not published: "
            f"{', '.join(sorted(refused))}."
        )
        raise ModelError(msg)
    return done


def _list(owner: str, described: dict[str, Described], options: Options) -> Published:
    if options.dry_run:
        upload = plan_catalogue(owner, described, private=options.private, force=options.force)
        commit = upload.head
    else:
        upload, commit = update_catalogue(
            owner, described, private=options.private, force=options.force
        )
    return Published(url_of(upload.address.repo), upload, commit)
