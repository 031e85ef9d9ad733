"""Stop writing a run down where its files cannot be written, and let training go on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tszoo.storage.files import reason

log = logging.getLogger(__name__)


class Writer:
    """What watchers that write files have in common.

    Attributes
    ----------
    is_stopped : bool
        Whether a file could not be written, as on a full disk. The watcher then writes no more: a
        run is worth more than what is written down of it.
    """

    is_stopped = False

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """Let a failure to write ``what`` in the block stop this watcher, with one warning."""
        try:
            yield
        except OSError as error:
            self.is_stopped = True
            log.warning("%s (%s). It ends here; training goes on.", what, reason(error))
