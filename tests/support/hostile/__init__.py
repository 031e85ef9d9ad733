"""Model folders made to do harm: what is done to a sound one, by name.

The sound one is ``tests.support.tiny.make_model()``, saved. What cannot do harm is not here:
another value of a weight, another accuracy from 0 to 1 or other words on the card make another
sound model.
"""

from __future__ import annotations

from tests.support.hostile.configs import config_texts, config_trees
from tests.support.hostile.files import whole_files
from tests.support.hostile.headers import headers
from tests.support.hostile.large import large
from tests.support.hostile.parts import Spoil

CASES: dict[str, Spoil] = dict([*whole_files(), *config_trees(), *config_texts(), *headers()])
LARGE: dict[str, Spoil] = dict(large())
