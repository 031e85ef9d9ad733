"""Library errors name Python's parameters; on the command line they are to name its options."""

from __future__ import annotations

import re

# parameters that the command line calls otherwise, or gives as an argument of another option
_OPTIONS = {
    "architecture": "--arch",
    "channels": "--channels",
    "class_weight": "--balance",
    "coverage": "--coverage",
    "drop": "--drop",
    "encoding": "--encoding",
    "format": "--format",
    "freeze": "--freeze",
    "keep_head": "--keep-head",
    "level": "--level",
    "reduce": "--reduce",
    "head": "--head",
    "license": "--license",
    "header": "--header",
    "id_column": "--id-column",
    "label_column": "--label-column",
    "labels": "--labels",
    "member": "--member",
    "members": "--members",
    "most_sources": "--most-sources",
    "overwrite": "--overwrite",
    "precision": "--precision",
    "recipe": "--recipe",
    "resume": "--resume",
    "source": "--source",
    "split": "--split",
    "time_column": "--time-column",
    "archive": "--archive",
    "unequal": "--unequal",
    "layout": "--layout",
    "zoo": "--zoo",
    "force": "--force",
    "per_class": "--prototypes",
    "window": "--window",
    "stride": "--stride",
    "group": "--group",
    "device": "--device",
    "validation": "--validation",
    "side_by_side": "--side-by-side",
    "jobs": "--jobs",
    "checkpoint_seconds": "--checkpoint-seconds",
    "seed": "--seed",
    "top": "--top",
    "exclude": "--exclude",
    "only": "--only",
    "backend": "--backend",
    "port": "--port",
    "token": "--token-file",
    "published": "--published",
    "budget": "--budget",
    "held_out": "--held-out",
    "synthetic": "--synthetic",
    "points": "--points",
    "label": "--class",
    "method": "--method",
    "step": "--occlude-step",
    "width": "--occlude",
    "windows": "--occlude",
    "engine": "--engine",
    "n_classes": "--classes",
    "n_series": "--series",
    "preset": "--preset",
    "repeats": "--repeats",
}
_PARAMETER = re.compile(r"""\b([a-z_]+)=("[^"]*"|'[^']*'|True|False|\.\.\.|[\w.]+)""")
_SUBJECT = re.compile(r"^([a-z_]+)(?= (?:goes|must) )")
_CHANGE = re.compile(r"recipe=\{'([a-z_]+)': \.\.\.\}")
# parameters stand apart by commas, options by spaces
_BETWEEN_OPTIONS = re.compile(r",(\s+)(?=--)")
# hyper-parameters that have an option of their own
_NUMBERS = ("epochs", "batch_size", "learning_rate", "points", "synthetic")


def translated(message: str) -> str:
    """Spell ``name="value"`` in a message as ``--name value``, where there is such an option.

    A message may also begin with a parameter's name alone: ``members must be ...``.
    """
    message = _SUBJECT.sub(_subject, message)
    spelled = _PARAMETER.sub(_option, _CHANGE.sub(_change, message))
    return _BETWEEN_OPTIONS.sub(r"\1", spelled)


def _subject(match: re.Match[str]) -> str:
    return _OPTIONS.get(match[0], match[0])


def _option(match: re.Match[str]) -> str:
    name, value = match.groups()
    option = _OPTIONS.get(name)
    if option is None:
        return match[0]
    if value in ("True", "..."):
        return option
    if value == "False":
        return option.replace("--", "--no-", 1)
    return f"{option} {value.strip(chr(34) + chr(39))}"


def _change(match: re.Match[str]) -> str:
    """Spell a change of the recipe: epochs have an option of their own, others go by --set."""
    name = match[1]
    if name == "name":
        return "--recipe"
    return f"--{name.replace('_', '-')}" if name in _NUMBERS else f"--set {name}"
