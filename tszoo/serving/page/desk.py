"""The desk: a private folder with the works of all visitors, gone when the server ends."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from pathlib import Path

from tszoo.errors import DataError
from tszoo.serving.page.jobs import Jobs
from tszoo.serving.page.work import Work

MOST_BYTES = 64 << 20
MOST_WORKS = 200
_KEY = re.compile(r"[0-9a-f]{24}")


class Desk:
    """Keeps the works of all visitors, and the processes that work for them.

    A work is found by its key alone, which nobody guesses.

    Parameters
    ----------
    zoo : str or None
        Where sources are looked for; None is the embedded zoo.
    most_bytes : int
        The largest request.
    most_jobs : int
        How many processes work at a time.
    token : str or None
        What a browser has to say once; None lets everybody in.
    """

    def __init__(
        self,
        zoo: str | None = None,
        *,
        most_bytes: int = MOST_BYTES,
        most_jobs: int = 2,
        token: str | None = None,
    ) -> None:
        self.zoo = zoo
        self.most_bytes = most_bytes
        self.token = token
        self.session = secrets.token_hex(24)
        # readable by nobody else
        self.folder = Path(tempfile.mkdtemp(prefix="tszoo-page-"))
        self.cache = self.folder / "cache"
        self.jobs = Jobs(most_jobs)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self) -> Work:
        """Make an empty work; DataError if there are too many."""
        if sum(1 for path in self.folder.iterdir() if _KEY.fullmatch(path.name)) >= MOST_WORKS:
            msg = f"{MOST_WORKS} files are here already. Delete one that you no longer need."
            raise DataError(msg)
        folder = self.folder / secrets.token_hex(12)
        folder.mkdir(mode=0o700)
        return Work(folder)

    def find(self, key: str) -> Work | None:
        """Return the work of a key; None if there is none."""
        if _KEY.fullmatch(key) is None or not (self.folder / key).is_dir():
            return None
        return Work(self.folder / key)

    def delete(self, work: Work) -> None:
        """Stop what goes on for a work, and remove all of it."""
        self.jobs.end(work.key)
        shutil.rmtree(work.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop all processes, and remove all files."""
        self.jobs.close()
        shutil.rmtree(self.folder, ignore_errors=True)
