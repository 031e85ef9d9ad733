"""The log of the Hub's client, as far as users are to see it.

The client logs every attempt of every request, and each part of a file that is cut off: a hundred
lines for a transfer that fails in one. What fails is said once, by the error; what passes is no
news. Only a long wait that the Hub asks for is, while it lasts.
"""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)

_TALKERS = ("huggingface_hub.utils._http", "huggingface_hub.file_download")
_ATTEMPT = re.compile(r"(?s)Error while downloading |Retrying in |.* thrown while requesting ")
# addresses of the Hub's storage are signed in their query
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")


def quieten() -> None:
    """Keep the client's single attempts, and signed addresses, out of the log."""
    for name in _TALKERS:
        logging.getLogger(name).addFilter(_is_news)  # a filter that is there is not added again


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record says more than that an attempt failed; its signatures are taken off."""
    text = _QUERY.sub(r"\1", record.getMessage())
    if _ATTEMPT.match(text):
        log.debug("the Hub's client: %s", " ".join(text.split()))
        return False
    record.msg, record.args = text, ()
    return True
