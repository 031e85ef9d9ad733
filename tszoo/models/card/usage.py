"""The section of a card on using the model: code that runs as it stands."""

from __future__ import annotations

import shlex

from tszoo.models.card.markdown import code
from tszoo.models.config import ModelConfig
from tszoo.storage.hub_names import SCHEME
from tszoo.text import printable


def usage(config: ModelConfig, reference: str) -> str:
    """Show how to load the model, predict with it and fine-tune it.

    Parameters
    ----------
    config : ModelConfig
    reference : str
        What a reader passes to load the model: an ``hf://`` address works anywhere, a folder's name
        beside the folder.
    """
    head = ', head="ridge"' if config.recipe.head == "ridge" else ""
    python = code(
        "python",
        "import numpy as np",
        "import tszoo",
        "",
        f"model = tszoo.Model.load({_literal(reference)})",
        f"X = np.random.default_rng(0).standard_normal((8, {config.n_channels}, {config.length}))  "
        "# eight series, channels, points: put yours here",
        "print(model.predict(X))",
        "print(model.predict_proba(X))",
        "",
        'target = tszoo.Dataset.from_arrays(X, ["walk", "run"] * 4)  # a label for each: '
        "put yours here",
        f"own = tszoo.finetune(target, source=model{head})",
        "print(own.predict(X))",
    )
    install = "From the folder that holds this model's folder:"
    if reference.startswith(SCHEME):
        install = code("bash", "pip install tszoo")
    command = code("bash", f"tszoo info {shlex.quote(printable(reference))}")
    return f"{install}\n\n{python}\n\nOn the command line:\n\n{command}"


def _literal(text: str) -> str:
    """Spell a text in Python, on one line of characters that print."""
    spelled = repr(text)
    if spelled == f"'{text}'" and '"' not in text:
        return f'"{text}"'
    return spelled
