"""What a trial is told beside its data, and where each hyper-parameter belongs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from tszoo.data.weights import ClassWeight
from tszoo.errors import ModelError, OptionError, TszooError
from tszoo.nets.registry import args_of, network_config
from tszoo.training.recipe import Recipe, default_recipe, recipe_for

# Keys that are neither of the recipe nor of the network, and the field of ``Settings`` of each.
# They are called as on the command line.
OWN = {
    "arch": "architecture",
    "members": "members",
    "source": "source",
    "balance": "class_weight",
    "n_series": "n_series",
    "length": "length",
}
RECIPE_NAME = "recipe"
DATA_KEYS = ("n_series", "length")
_RECIPE = tuple(f.name for f in fields(Recipe))


@dataclass(frozen=True)
class Settings:
    """What a trial is told beside its data.

    Attributes
    ----------
    source : str
        As for ``tszoo.make_plan``; ``"none"`` trains from scratch.
    architecture : str
        The network, from scratch.
    members : int
    recipe : mapping
        What differs from the recipe that is taken otherwise; ``"name"`` names another one.
    network : mapping
        What differs from the architecture's defaults.
    class_weight : {"balanced"} or None
    n_series : int or None
        Train on so many series, drawn from each class in proportion; None takes all.
    length : int or None
        Bring every series to so many points by linear interpolation; None leaves them.
    zoo : str or None
        Where a source is looked for.
    """

    source: str = "none"
    architecture: str = "inception"
    members: int = 1
    recipe: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    class_weight: ClassWeight = None
    n_series: int | None = None
    length: int | None = None
    zoo: str | None = None

    def changed(self, values: Mapping[str, Any]) -> Settings:
        """Return these settings with other values, by their keys.

        A key is a field of the recipe, one of this class as the command line calls it, or else an
        argument of the network. A source among the values brings its own network: the architecture
        of these settings is for the trials without one.
        """
        own: dict[str, Any] = {}
        recipe, network = dict(self.recipe), dict(self.network)
        for key, value in values.items():
            if key in _RECIPE:
                recipe[key] = value
            elif key == RECIPE_NAME:
                recipe["name"] = value
            elif key in OWN:
                own[OWN[key]] = value
            else:
                network[key] = value
        if own.get("source", "none") != "none":
            own.setdefault("architecture", Settings.architecture)
        if "class_weight" in own:
            own["class_weight"] = "balanced" if own["class_weight"] else None
        return replace(self, recipe=recipe, network=network, **own)

    def own_recipe(self) -> Recipe:
        """Return the recipe of a trial from scratch; OptionError if it cannot be."""
        return recipe_for(self.recipe or None, self.architecture)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {**asdict(self), "recipe": dict(self.recipe), "network": dict(self.network)}


def is_set(settings: Settings, key: str) -> bool:
    """Whether settings say a value for a key themselves."""
    if key in OWN:
        return bool(getattr(settings, OWN[key]) != getattr(Settings(), OWN[key]))
    recipe_key = "name" if key == RECIPE_NAME else key
    return recipe_key in settings.recipe or key in settings.network


def check_keys(settings: Settings, vary: Mapping[str, Any]) -> None:
    """Raise OptionError for a key that no trial could have."""
    architectures = vary.get("arch", [settings.architecture])
    known = {*_RECIPE, *OWN, RECIPE_NAME}
    for architecture in architectures:
        known |= set(_arguments_of(architecture))
    for key in vary:
        if key not in known:
            names = sorted(known)
            near = difflib.get_close_matches(key, names, n=1) or names
            msg = f"{key} cannot be varied; did you mean {', '.join(near)}?"
            raise OptionError(msg)


def _arguments_of(architecture: Any) -> list[str]:
    try:
        return list(args_of(network_config(str(architecture), {})))
    except ModelError:  # the trials say so themselves
        return []


def default_of(settings: Settings, key: str) -> Any:
    """Say which value a key has where it is not varied; None where that depends on the data."""
    if key in OWN:
        value = getattr(settings, OWN[key])
        return value == "balanced" if key == "balance" else value
    if settings.source != "none":
        return None
    try:
        if key == RECIPE_NAME:
            return settings.recipe.get("name") or default_recipe(settings.architecture)
        if key in _RECIPE:
            return _default_of_recipe(settings.own_recipe(), key)
        config = network_config(settings.architecture, dict(settings.network))
        return plain_value(args_of(config).get(key))
    except TszooError:
        return None


def _default_of_recipe(recipe: Recipe, key: str) -> Any:
    # with these rules, small data sets have smaller batches
    if key == "batch_size" and (recipe.least_steps, recipe.batch_divisor) != (1, 1):
        return None
    return getattr(recipe, key)


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: a tuple becomes a list."""
    return list(value) if isinstance(value, tuple) else value
