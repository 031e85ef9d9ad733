"""How models are published: what is asked for, checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tszoo.errors import OptionError
from tszoo.models.model import Model
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage import checks
from tszoo.text import show

Draw = Callable[[Prototypes, str], bytes]
Verify = Callable[[Model], None]


@dataclass(frozen=True)
class Options:
    """How to publish.

    Attributes
    ----------
    draw : callable or None
        Makes the picture of a model's prototypes (`tszoo.figures.prototypes.draw_prototypes`).
        None draws none: only a picture that is there already is shown on the card.
    private : bool
        What repositories become that are made; those that are there stay as they are.
    tag : str or None
        A name for the commit.
    license : str or None
        What others may do with the model, as the Hub names licences. None leaves what the model's
        config says, and a model that says nothing is published without one.
    share_prototypes : bool
        Send the prototypes of classes with fewer than three training series too. Such a prototype
        is one of those series, or near to one.
    message : str or None
        The commit's message; None for one that names the model.
    force : bool
        Replace cards that somebody edited on the Hub.
    verify : callable or None
        Raises an error for a model that does not reach what its card claims.
    dry_run : bool
        Only find out what would be sent.

    Raises
    ------
    OptionError
        If ``license`` cannot be the name of a licence.
    """

    draw: Draw | None = None
    private: bool = True
    tag: str | None = None
    license: str | None = None
    share_prototypes: bool = False
    message: str | None = None
    force: bool = False
    verify: Verify | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.license is not None and not checks.is_license(self.license):
            msg = (
                f"license={show(self.license)}: no name of a licence. Write it as the Hub does: "
                "apache-2.0, mit or cc-by-4.0, for instance."
            )
            raise OptionError(msg)
