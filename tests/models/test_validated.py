"""What a config says of held-out series."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.tiny import make_config
from tszoo.errors import ModelError
from tszoo.models.config import ModelConfig
from tszoo.models.record import Results, Validated

REACHED = Validated(0.75, 0.5, (0.5, 1.0), (0, 3))


def test_it_is_read_as_it_was_written() -> None:
    config = make_config(results=Results(validation=REACHED))
    written = json.loads(config.to_json())
    assert written["results"]["validation"] == {
        "accuracy": 0.75,
        "loss": 0.5,
        "member_accuracy": [0.5, 1.0],
        "best_epoch": [0, 3],
    }
    assert ModelConfig.from_json(config.to_json()) == config
    bare = make_config(results=Results(validation=Validated(0.75, 0.5)))
    assert ModelConfig.from_json(bare.to_json()) == bare


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"accuracy": 1.5}, r"results\.validation\.accuracy must be a number from 0 to 1"),
        ({"loss": -1}, r"results\.validation\.loss must be a number from 0 up"),
        ({"loss": None}, r"results\.validation\.loss must be a number from 0 up"),
        ({"member_accuracy": [2.0, 0.1]}, r"validation\.member_accuracy\[0\] must be a number"),
        ({"member_accuracy": [0.1]}, "must be a list of 2 numbers, one a member, not 1"),
        ({"best_epoch": [1.5, 2]}, r"validation\.best_epoch\[0\] must be a whole number"),
        ({"best_epoch": 3}, r"validation\.best_epoch must be a list"),
        ({"best_epoch": [1, 2, 3]}, "must be a list of 2 numbers, one a member, not 3"),
        ({"other": 1}, "results.validation has 'other'"),
    ],
)
def test_anything_else_is_refused(change: dict[str, Any], text: str) -> None:
    written = json.loads(make_config(results=Results(validation=REACHED)).to_json())
    written["results"]["validation"] |= change
    with pytest.raises(ModelError, match=text):
        ModelConfig.from_dict(written)
