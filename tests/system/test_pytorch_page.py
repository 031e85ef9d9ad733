"""The loops of docs/pytorch.md, each with the library that it is about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support import pages
from tests.support.toys import make_toy
from tszoo import Model
from tszoo.data import save_dataset

FIRST, *LOOPS = pages.python_blocks(pages.DOCS / "pytorch.md")
NEEDS = {"plain": "torch", "lightning": "lightning", "accelerate": "accelerate", "none": "tszoo"}


@pytest.mark.filterwarnings("ignore")  # what those libraries warn of is theirs
@pytest.mark.parametrize(("name", "code"), list(zip(NEEDS, LOOPS, strict=True)), ids=NEEDS)
def test_a_loop_ends_in_a_model(name: str, code: str, tmp_path: Any, monkeypatch: Any) -> None:
    pytest.importorskip(NEEDS[name])
    assert NEEDS[name] in code + FIRST
    assert (name == "none") == (".train()" not in code)  # networks come for predicting
    monkeypatch.chdir(tmp_path)
    toy = make_toy(16)
    save_dataset(toy, "my.csv")
    names: dict[str, Any] = {}
    exec(compile(FIRST, "pytorch.md", "exec"), names)
    exec(compile(code, "pytorch.md", "exec"), names)
    model = names["model"]
    assert isinstance(model, Model)
    model.save("out")
    loaded = Model.load("out")
    assert loaded.config.recipe.training.recipe.epochs == 2
    assert loaded.predict(toy).shape == (16,)
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=0.05)
