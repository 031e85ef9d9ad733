"""A card's seal: whether what stands there is still what tszoo wrote.

Cards are written again when a model is published. One that a person has edited since is theirs and
must stay, so the last line of a card is a comment with the digest of all above it. It guards
against carelessness, not against forgery: anybody can compute a digest.
"""

from __future__ import annotations

import hashlib
import re

_SEAL = re.compile(r"<!-- Written by tszoo, sha256 of the text above: ([0-9a-f]{64}) -->")


def seal(text: str) -> str:
    """End a card with its seal; one that it has is replaced.

    Parameters
    ----------
    text : str
        With line breaks of either kind; the result has Unix's. Empty lines at the end do not count.
    """
    body, _ = _parted(text)
    return f"{body}\n\n<!-- Written by tszoo, sha256 of the text above: {_digest(body)} -->\n"


def is_as_written(text: str) -> bool:
    """Whether a card has a seal that fits, so that nobody has edited it since.

    Another kind of line breaks, and line breaks added or missing before the seal or at the end, are
    not edits: the Hub's editor and Git change those by themselves.
    """
    body, digest = _parted(text)
    return digest is not None and digest == _digest(body)


def _parted(text: str) -> tuple[str, str | None]:
    """Part a card into its text, without line breaks at the end, and the digest of its seal."""
    lines = text.replace("\r\n", "\n").rstrip("\n")
    body, _, last = lines.rpartition("\n")
    match = _SEAL.fullmatch(last)
    if match is None:
        return lines, None
    return body.rstrip("\n"), match[1]


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
