"""The zoo: all models, a map of them, and a card each."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tszoo.errors import TszooError
from tszoo.serving.page.pictures import POLICY
from tszoo.serving.page.views import desk_of, is_partial, show
from tszoo.serving.page.zoo_map import map_of
from tszoo.storage.layout import CARD, PICTURE
from tszoo.zoo.entry import CatalogueEntry
from tszoo.zoo.find import open_zoo
from tszoo.zoo.order import in_order, kind_of

LENGTHS = {"": (1, 1 << 40), "short": (1, 99), "middle": (100, 499), "long": (500, 1 << 40)}


def zoo(request: Request) -> Response:
    """List the models that are asked for."""
    catalogue = open_zoo(desk_of(request).zoo)
    asked = {name: request.query_params.get(name, "") for name in ("name", "kind", "length")}
    entries = in_order(catalogue.models, "kind")
    chosen = [entry for entry in entries if _is_asked(entry, asked)]
    return show(
        request,
        "_models.html" if is_partial(request) else "zoo.html",
        step="zoo",
        asked=asked,
        kinds=list(dict.fromkeys(kind_of(entry) for entry in entries)),
        rows=[(entry, kind_of(entry)) for entry in chosen],
        n_all=len(entries),
    )


def card(request: Request) -> Response:
    """Show the card of a model."""
    from markupsafe import Markup

    from tszoo.report.card_html import markdown_html

    entry = _entry(request)
    place = open_zoo(desk_of(request).zoo).place(entry.name, whole=True)
    text = (place.folder / CARD).read_text(encoding="utf-8")
    return show(
        request,
        "card.html",
        step="zoo",
        entry=entry,
        kind=kind_of(entry),
        has_picture=(place.folder / PICTURE).is_file(),
        card=Markup(markdown_html(text)),  # noqa: S704  # its HTML means nothing there
    )


def picture(request: Request) -> Response:
    """Send the picture of a model's prototypes."""
    place = open_zoo(desk_of(request).zoo).place(_entry(request).name, whole=True)
    path = place.folder / PICTURE
    if not path.is_file():
        raise HTTPException(404, "This model has no picture.")
    return FileResponse(path, media_type="image/png")


def drawn_map(request: Request) -> Response:
    """Send the map, which is drawn when somebody first asks for it."""
    path = map_of(desk_of(request))
    headers = {"Content-Security-Policy": POLICY}
    return FileResponse(path, media_type="image/svg+xml", headers=headers)


def _is_asked(entry: CatalogueEntry, asked: dict[str, str]) -> bool:
    low, high = LENGTHS.get(asked["length"], LENGTHS[""])
    return (
        asked["name"].casefold() in entry.name.casefold()
        and asked["kind"] in ("", kind_of(entry))
        and low <= entry.length <= high
    )


def _entry(request: Request) -> CatalogueEntry:
    """Find the model of the address in the catalogue, which alone says what there is."""
    try:
        return open_zoo(desk_of(request).zoo).entry(request.path_params["name"])
    except TszooError as error:
        raise HTTPException(404, str(error)) from error


ROUTES = [
    Route("/zoo", zoo),
    Route("/zoo/map.svg", drawn_map),
    Route("/zoo/{name}/prototypes.png", picture),
    Route("/zoo/{name}", card),
]
