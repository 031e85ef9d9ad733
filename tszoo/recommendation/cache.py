"""Keep results that took seconds to compute: one small JSON file each, which anybody may delete.

A file holds what its result depends on beside the result. One that cannot be read, or holds
anything else than its name promises, counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tszoo.errors import ModelError
from tszoo.storage.files import reason, write_file
from tszoo.storage.strict_json import dump_json, parse_json

log = logging.getLogger(__name__)

Key = Mapping[str, str | int]

MOST_BYTES = 1 << 16
MOST_FILES = 4096
_NAME = re.compile(r"probe-[0-9a-f]{40}\.json")


def read_cached(folder: Path, key: Key) -> Any:
    """Read the result that was kept under a key.

    Parameters
    ----------
    folder : Path
        Need not exist.
    key : mapping of str to str or int
        Everything that the result depends on.

    Returns
    -------
    object
        A JSON value, to be checked by the caller; None if there is none, or none that can be
        trusted.
    """
    path = folder / _name(key)
    try:
        if not path.is_file():  # a named pipe would keep us waiting
            return None
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            msg = f"more than {MOST_BYTES} bytes"
            raise ModelError(msg)
        document = parse_json(data)
    except (OSError, ModelError) as error:
        log.info("%s: not used (%s); its result is computed again.", path, reason(error))
        return None
    whole = isinstance(document, dict) and document.keys() == {"key", "result"}
    if not whole or document["key"] != dict(key):
        log.info(
            "%s: not used (another result than its name says); its result is computed again.", path
        )
        return None
    return document["result"]


def write_cached(folder: Path, key: Key, result: Any) -> bool:
    """Keep a result, a JSON value; return whether that worked.

    Where it does not, a warning is logged, once for each folder and reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / _name(key), dump_json({"key": dict(key), "result": result}))
    except OSError as error:
        with _warning:  # several sources are tried at a time, and all of them find it so
            _warn(folder, reason(error))
        return False
    return True


_warning = threading.Lock()


@lru_cache(maxsize=64)
def _warn(folder: Path, why: str) -> None:
    log.warning("%s: results are not kept (%s); they will be computed again.", folder, why)


def prune_cache(folder: Path, most: int | None = None) -> None:
    """Delete the oldest results of a folder that holds more than ``most``; None is 4096.

    A quarter of ``most`` goes at once, so that this is seldom needed. Other files stay.
    """
    if most is None:
        most = MOST_FILES
    with contextlib.suppress(OSError):  # someone else deletes them too, or nobody may
        files = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        if len(files) <= most:
            return
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[: len(files) - most + most // 4]:
            path.unlink(missing_ok=True)


def _name(key: Key) -> str:
    digest = hashlib.sha256(json.dumps(dict(key), sort_keys=True).encode("utf-8")).hexdigest()
    return f"probe-{digest[:40]}.json"
