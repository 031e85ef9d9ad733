"""Media types, as headers spell them: a type, its parameters, and how much it is liked."""

from __future__ import annotations

from dataclasses import dataclass, field

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"
JSONLINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")


@dataclass(frozen=True)
class MediaType:
    """A media type, in lower case, and its parameters."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """How much it is liked, from 0 to 1; 0 where that is no number."""
        try:
            quality = float(self.parameters.get("q", "1"))
        except ValueError:
            return 0.0
        return quality if 0 <= quality <= 1 else 0.0


def parse_type(text: str) -> MediaType:
    """Read a media type: ``text/csv; header=absent``.

    >>> parse_type('Text/CSV; header="absent"')
    MediaType(name='text/csv', parameters={'header': 'absent'})
    """
    name, *rest = text.split(";")
    parameters = {}
    for parameter in rest:
        key, _, value = parameter.partition("=")
        if key.strip():
            parameters[key.strip().lower()] = value.strip().strip('"').lower()
    return MediaType(name.strip().lower(), parameters)


def parse_accept(text: str) -> list[MediaType]:
    """Read what a client would like, the best first; what it refuses is left out."""
    types = [parse_type(part) for part in text.split(",") if part.strip()]
    liked = [media for media in types if media.quality > 0]
    return sorted(liked, key=lambda media: -media.quality)
