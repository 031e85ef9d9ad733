"""Options in groups: what belongs together is declared once, as a dataclass, and arrives as one object.

A command takes groups as parameters; typer sees an option for each of their fields. A field's help
panel is its group's, and a new option of a group reaches every command that takes the group.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Give typer a function that has the fields of a command's groups as its parameters."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        annotation = hints[parameter.name]
        if isinstance(annotation, type) and is_dataclass(annotation):
            groups[parameter.name] = annotation
            parameters += _options(annotation)
        else:
            parameters.append(parameter.replace(annotation=annotation))
    arguments = [p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    options = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]

    @wraps(command)
    def expanded(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    signature = inspect.Signature([*arguments, *options])
    expanded.__signature__ = signature  # type: ignore[attr-defined]
    expanded.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    return expanded


def _options(group: Any) -> list[inspect.Parameter]:
    """Make a parameter of each field of a group."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default
