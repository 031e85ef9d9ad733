"""Take in a file: bounded, in memory until it lies in its work's own folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from tszoo.data.readers import READERS, data_suffix
from tszoo.errors import DataError
from tszoo.serving.page.views import desk_of
from tszoo.serving.page.work import Upload
from tszoo.storage.files import write_file
from tszoo.text import printable

if TYPE_CHECKING:
    from starlette.requests import Request

    from tszoo.serving.page.work import Work

_LONGEST_NAME = 80


class Received:
    """A file that came with a form."""

    def __init__(self, upload: Upload, content: bytes) -> None:
        self.upload, self.content = upload, content

    def keep(self, work: Work, purpose: str) -> None:
        """Put the file into a work's folder, under a name of ours."""
        before = work.upload(purpose)
        if before is not None:
            work.path_of(purpose).unlink(missing_ok=True)
        write_file(work.file(f"{purpose}{self.upload.suffix}"), self.content)
        work.write(f"{purpose}.upload", asdict(self.upload))


async def receive_file(request: Request) -> Received:
    """Read a form with one file; DataError if it has none, or one of no format that is read."""
    form = await _form(request)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            msg = "No file has come. Choose one."
            raise DataError(msg)
        return Received(_upload_of(file.filename), await file.read())
    finally:
        await form.close()


async def _form(request: Request) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        msg = "No file has come. Choose one."
        raise DataError(msg)
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=9)
    # nothing of it goes to a disk but to its own folder
    parser.spool_max_size = desk_of(request).most_bytes + 1
    try:
        return await parser.parse()
    except MultiPartException as error:
        msg = f"What has come is no form: {error.message}"
        raise DataError(msg) from error


def _upload_of(sent: str) -> Upload:
    """Take a name for what it says: of its path nothing but the last part, to be shown."""
    name = printable(PureWindowsPath(PurePosixPath(sent).name).name, _LONGEST_NAME)
    suffix = data_suffix(Path(name))
    if not suffix:
        known = ", ".join(READERS)
        msg = f"{name}: not a format that is read here. Known are {known}."
        raise DataError(msg)
    return Upload(name, f"{suffix}.gz" if name.lower().endswith(".gz") else suffix)
