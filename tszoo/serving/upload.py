"""A file that a form sends: ``curl -F data=@new.csv``."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from tszoo.serving.faults import Refused
from tszoo.serving.media import CSV, JSON, JSONLINES, NPY, MediaType, parse_type

FORM = "multipart/form-data"
_TYPES = {".csv": CSV, ".json": JSON, ".jsonl": JSONLINES[0], ".npy": NPY}


async def uploaded(request: Request) -> tuple[bytes, MediaType]:
    """Take the one file of a form, and its type: by its name, else as the form says.

    Refused, 400, if there is another number of files, or it is no form.
    """
    try:
        return await _only_file(request)
    except FormParserError as error:  # which not every release of Starlette looks for
        msg = f"body: not a form ({error})."
        raise Refused(HTTPStatus.BAD_REQUEST, msg) from error


async def _only_file(request: Request) -> tuple[bytes, MediaType]:
    async with request.form(max_files=1) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(files) != 1:
            msg = f"body: a form of {len(files)} files, expected one."
            raise Refused(HTTPStatus.BAD_REQUEST, msg)
        content = await files[0].read()
        suffix = PurePosixPath(files[0].filename or "").suffix.lower()
        said = parse_type(files[0].content_type or "")
    return content, MediaType(_TYPES[suffix], said.parameters) if suffix in _TYPES else said
