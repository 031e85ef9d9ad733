"""What a request asks for: how answers are spelled, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from tszoo.models.answers import Asked
from tszoo.serving.faults import Refused
from tszoo.serving.media import CSV, JSON, JSONLINES, MediaType, parse_accept
from tszoo.text import show

Spelling = Literal["csv", "json", "jsonlines"]

_SPELLINGS: dict[str, Spelling] = {
    CSV: "csv",
    JSON: "json",
    **dict.fromkeys(JSONLINES, "jsonlines"),
}
_ANY = ("*/*", "application/*", "text/*")
_TRUTH = {"true": True, "false": False}
_HEADER = {"present": True, "absent": False}


@dataclass(frozen=True)
class Form:
    """How answers are spelled, and what they say.

    Attributes
    ----------
    spelling : {"csv", "json", "jsonlines"}
    header : bool
        Whether a CSV is as ``tszoo predict`` writes it: with names of columns, and an index.
    asked : Asked
    """

    spelling: Spelling
    header: bool = False
    asked: Asked = field(default_factory=Asked)

    @property
    def media_type(self) -> str:
        """The media type of the answer."""
        if self.spelling == "csv":
            return f"{CSV}; charset=utf-8; header={'present' if self.header else 'absent'}"
        return JSON if self.spelling == "json" else JSONLINES[0]


def form_of(accept: str | None, sent: MediaType) -> Form:
    """Choose the answer's form by ``Accept``; where any will do, by what was sent.

    Refused, 406, if no type is one that is written here, and 400 if a parameter makes no sense.
    """
    for media in parse_accept(accept or "*/*"):
        if media.name in _SPELLINGS:
            return _form(_SPELLINGS[media.name], media.parameters)
        if media.name in _ANY:
            return _form(_usual(media.name, sent), media.parameters)
    msg = f"Accept: {show(accept)}: expected {CSV}, {JSON} or {JSONLINES[0]}."
    raise Refused(HTTPStatus.NOT_ACCEPTABLE, msg)


def _usual(wanted: str, sent: MediaType) -> Spelling:
    if wanted == "text/*":
        return "csv"
    if wanted == "application/*" and sent.name == CSV:
        return "json"
    return _SPELLINGS.get(sent.name, "json")


def _form(spelling: Spelling, parameters: Mapping[str, str]) -> Form:
    asked = Asked(
        proba=_one_of(parameters, "probabilities", _TRUTH),
        coverage=_share(parameters),
        reject=_one_of(parameters, "reject", _TRUTH),
    )
    return Form(spelling, _one_of(parameters, "header", _HEADER), asked)


def _one_of(parameters: Mapping[str, str], name: str, values: Mapping[str, bool]) -> bool:
    """Read a parameter that has two values; False where it is not given."""
    if name not in parameters:
        return False
    if parameters[name] not in values:
        msg = f"{name}={show(parameters[name])}: expected {' or '.join(values)}."
        raise Refused(HTTPStatus.BAD_REQUEST, msg)
    return values[parameters[name]]


def _share(parameters: Mapping[str, str]) -> float | None:
    text = parameters.get("coverage")
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        msg = f"coverage={show(text)}: expected a number between 0 and 1."
        raise Refused(HTTPStatus.BAD_REQUEST, msg) from None
