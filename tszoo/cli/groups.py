"""Options in groups: options that belong together are declared once, as a frozen dataclass.

A command takes groups as parameters. Typer sees one option for each field of a group, and the
command gets one object for each group. A group may name the ``panel`` of the help that its options
stand in.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_type_hints

from typer.models import OptionInfo

from tszoo.cli.config_file import CONFIG, Config

_CONFIG = inspect.Parameter(CONFIG, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Config)


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Give typer a function that has the fields of a command's groups as its parameters.

    And ``--config``, which all commands have.
    """
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
    parameters.append(_CONFIG)
    # arguments first: groups stand before or behind them
    parameters.sort(key=lambda parameter: parameter.kind)

    @wraps(command)
    def expanded(**values: Any) -> None:
        del values[CONFIG]  # its options have found their parameters
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    signature = inspect.Signature(parameters)
    expanded.__signature__ = signature  # type: ignore[attr-defined]
    expanded.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    return expanded


def _options(group: Any) -> list[inspect.Parameter]:
    """Make a parameter of each field of a group."""
    hints = get_type_hints(group, include_extras=True)
    panel: str | None = getattr(group, "panel", None)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=_in_panel(hints[field.name], panel),
        )
        for field in fields(group)
    ]


def _in_panel(annotation: Any, panel: str | None) -> Any:
    """Put an option into a panel of the help, unless it names its own."""
    kind, option = get_args(annotation)
    if panel is None or not isinstance(option, OptionInfo) or option.rich_help_panel:
        return annotation
    option = copy(option)  # several groups may share it
    option.rich_help_panel = panel
    return operator.getitem(Annotated, (kind, option))


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default
