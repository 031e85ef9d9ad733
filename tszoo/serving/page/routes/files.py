"""Files of a work: pictures to show, and what may be downloaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tszoo.serving.page.pictures import POLICY
from tszoo.serving.page.views import work_of

PICTURES = ("near", "reliability", "explained")
# what it is called here, and where it goes
DOWNLOADS = {
    "report.html": "tszoo-report.html",
    "answers.csv": "tszoo-answers.csv",
    "model.onnx": "tszoo-model.onnx",
}


def picture(request: Request) -> Response:
    """Send a picture that a job drew."""
    name = request.path_params["name"]
    path = work_of(request).file(f"{name}.svg")
    if name not in PICTURES or not path.exists():
        raise HTTPException(404, "There is no such picture.")
    return FileResponse(
        path, media_type="image/svg+xml", headers={"Content-Security-Policy": POLICY}
    )


def download(request: Request) -> Response:
    """Send a file that a job wrote, to be saved and not to be opened here."""
    name = request.path_params["name"]
    path = work_of(request).file(name)
    if name not in DOWNLOADS or not path.exists():
        raise HTTPException(404, "There is no such file.")
    return FileResponse(path, filename=DOWNLOADS[name])


def zipped(request: Request) -> Response:
    """Send the model's folder in one file."""
    folder = work_of(request).model
    if not folder.is_dir():
        raise HTTPException(404, "There is no model yet.")
    headers = {"Content-Disposition": 'attachment; filename="tszoo-model.zip"'}
    return Response(_zip(folder), media_type="application/zip", headers=headers)


def _zip(folder: Path) -> bytes:
    """Pack the files of a folder; weights do not get smaller, so nothing is compressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"tszoo-model/{path.name}")
    return packed.getvalue()


ROUTES = [
    Route("/works/{key}/picture/{name}.svg", picture),
    Route("/works/{key}/download/tszoo-model.zip", zipped),
    Route("/works/{key}/download/{name}", download),
]
