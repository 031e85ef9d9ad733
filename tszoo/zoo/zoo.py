"""A zoo: many models, on this machine or on the Hub."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.errors import ZooError
from tszoo.models.load import is_model_folder
from tszoo.similarity.pool import PrototypePool
from tszoo.similarity.prototypes import Prototypes
from tszoo.text import show
from tszoo.zoo.contents import BrokenModel, Contents, Remote
from tszoo.zoo.embedded import embedded_zoo
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.folder import read_folder
from tszoo.zoo.hub.address import is_address, parse_address
from tszoo.zoo.local import add_model, as_path, is_absent
from tszoo.zoo.names import suggestion
from tszoo.zoo.place import Place
from tszoo.zoo.prototypes import StoredPrototypes
from tszoo.zoo.table import format_table

if TYPE_CHECKING:
    from tszoo.models.model import Model


class Zoo:
    """A zoo, as it was when it was opened.

    ``len(zoo)`` is the number of its models, ``name in zoo`` tells whether it has one, and
    ``for entry in zoo`` walks through them by name.

    Parameters
    ----------
    reference : str, Path or None
        A folder of model folders; ``hf://ORG``, all tszoo models of an account of the Hub;
        ``hf://ORG@REVISION``, as its catalogue was then; or None for the zoo that ships with
        tszoo. A folder that does not exist yet is an empty zoo, and ``add`` makes it.

    Raises
    ------
    ZooError
        If the folder cannot be read, or does not exist and cannot be made; if there is no such
        account, or the Hub cannot be reached.
    """

    def __init__(self, reference: str | Path | None = None) -> None:
        self._take(_read(reference))

    @classmethod
    def of(cls, contents: Contents) -> Zoo:
        """Return the zoo with these contents, which were read before."""
        zoo = cls.__new__(cls)
        zoo._take(contents)
        return zoo

    def _take(self, contents: Contents) -> None:
        self._contents = contents
        self._prototypes = StoredPrototypes(contents)
        self._entries = {entry.name: entry for entry in contents.models}

    @property
    def root(self) -> Path:
        """The zoo's folder. For a zoo on the Hub, the folder where its catalogue is cached."""
        return self._contents.root

    @property
    def name(self) -> str:
        """What users call the zoo: its folder, or its address."""
        if self.remote is None:
            return str(self.root)
        return self.remote.name

    @property
    def remote(self) -> Remote | None:
        """Where models of a zoo on the Hub come from; None for a zoo on this machine."""
        return self._contents.remote

    @property
    def models(self) -> tuple[CatalogueEntry, ...]:
        """What the catalogue says of each usable model, by name."""
        return self._contents.models

    @property
    def broken(self) -> tuple[BrokenModel, ...]:
        """Folders that hold a config but no usable model, and why."""
        return self._contents.broken

    @property
    def packed_sha256(self) -> str | None:
        """Digest of the file with all prototypes; None if the zoo has no catalogue in use."""
        return self._contents.packed_sha256

    def entry(self, name: str) -> CatalogueEntry:
        """Return what the catalogue says of a model.

        ZooError, with the names that are close, if there is no model of that name.
        """
        if name in self._entries:
            return self._entries[name]
        msg = f"{self.name}: no model {name!r} in this zoo.{suggestion(name, self._entries)}"
        raise ZooError(msg)

    def place(self, name: str, *, whole: bool = False) -> Place:
        """Find a model's folder; a model of the Hub is fetched first.

        Parameters
        ----------
        name : str
        whole : bool
            Fetch the picture of the model's card too.

        Raises
        ------
        ZooError
            If there is no such model, or it cannot be fetched.
        """
        entry = self.entry(name)
        if self.remote is not None:
            return self.remote.fetch_model(entry, whole=whole)
        return Place(self.root / name)

    def load(self, name: str, device: str = "cpu") -> Model:
        """Load a model of the zoo.

        Parameters
        ----------
        name : str
        device : str
            Where the networks are put: ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.

        Raises
        ------
        ZooError
            If there is no such model, or it cannot be fetched.
        ModelError
            If its folder is damaged.
        """
        return self.place(name).load(device)

    def prototypes(self, name: str) -> Prototypes:
        """Return the prototypes of a model's source.

        Those of all models are mapped into memory at once, on first use. Classes of few series may
        have none, which would show them.

        Raises
        ------
        ZooError
            If there is no such model, or a zoo on the Hub does not give its prototypes.
        ModelError
            If its folder has been damaged since the zoo was opened.
        """
        return self._prototypes.of(self.entry(name))

    def pool(self, names: Sequence[str]) -> PrototypePool:
        """Return the prototypes of several models' sources, in that order; of those that have any.

        Raises as ``prototypes``.
        """
        return self._prototypes.pool([self.entry(name) for name in names])

    def add(
        self,
        model: Model,
        name: str | None = None,
        *,
        overwrite: bool = False,
        dtype: str = "float16",
        picture: bytes | None = None,
    ) -> Path:
        """Write a model into the zoo, and bring the catalogue up to date.

        Several processes may do so at once. The zoo's folder is made if it does not exist.

        Parameters
        ----------
        model : Model
        name : str or None
            What to call it; None for architecture dot data set, with ``_`` for characters that a
            name may not have.
        overwrite : bool
            Whether a model of that name may be replaced.
        dtype, picture
            As for ``tszoo.Model.save``.

        Returns
        -------
        Path
            The model's folder.

        Raises
        ------
        ZooError
            If this zoo is on the Hub (``model.publish`` writes there), if the name cannot be one,
            or if the zoo cannot be written.
        ModelError
            If the zoo has a model of that name and ``overwrite`` is not set, or the model cannot
            be written.
        """
        if self.remote is not None:
            msg = f"{self.name}: a zoo on the Hub; model.publish('ORG/NAME') writes there."
            raise ZooError(msg)
        folder = add_model(
            self.root, model, name, dtype=dtype, overwrite=overwrite, picture=picture
        )
        self._take(read_folder(self.root))
        return folder

    def __len__(self) -> int:
        return len(self.models)

    def __bool__(self) -> bool:
        """Return True: a zoo without models is still a zoo."""
        return True

    def __iter__(self) -> Iterator[CatalogueEntry]:
        return iter(self.models)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __repr__(self) -> str:
        """Return a table of the first models: name, classes, length, members, accuracy."""
        return format_table(self.name, self.models)


def _read(reference: str | Path | None) -> Contents:
    """Read the contents of the zoo that a reference names; see ``Zoo``."""
    if reference is None:
        return read_folder(embedded_zoo())
    if is_address(reference):
        from tszoo.zoo.hub.zoo import read_hub_zoo

        return read_hub_zoo(parse_address(str(reference)))
    root = as_path(reference)
    if is_model_folder(root):
        msg = f"{root}: a model, not a zoo; the zoo is the folder around it."
        raise ZooError(msg)
    if not is_absent(root):
        return read_folder(root)
    parent = root.absolute().parent
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        msg = f"{show(str(root))}: no such folder, and none can be made in {show(str(parent))}."
        raise ZooError(msg)
    return Contents(root)
