"""A network of one's own is one file and one line of the registry.

The file here is CONTRIBUTING.md's example.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.fits import RECIPE, RUN, trained
from tests.support.places import ROOT
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.errors import ModelError
from tszoo.models.load import load_folder
from tszoo.nets import registry
from tszoo.nets.registry import build, network_config
from tszoo.transfer.pretrain import pretrain

GUIDE = ROOT / "CONTRIBUTING.md"


@pytest.fixture(autouse=True)
def _thin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's file as a module, and the guide's line in the registry."""
    guide = GUIDE.read_text()
    (example,) = re.findall(r"```python\n(.*?class Thin\(Network\).*?)```", guide, re.DOTALL)
    ((name, module, kind),) = re.findall(
        r'^"(thin)": "tszoo\.nets\.(\w+):(\w+)",$', guide, re.MULTILINE
    )
    (tmp_path / f"{module}_of_the_guide.py").write_text(example)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(registry.ARCHITECTURES, name, f"{module}_of_the_guide:{kind}")


def test_it_is_trained_saved_loaded_and_fine_tuned(tmp_path: Path) -> None:
    toy = make_toy(n_channels=2)
    model = pretrain(
        toy,
        test=toy,
        architecture="thin",
        network={"filters": 5},
        members=2,
        recipe=RECIPE,
        run=RUN,
    )
    assert model.config.name == "thin.Toy"
    assert model.config.architecture_args == {"filters": 5, "kernel_lengths": [9, 3]}
    model.save(tmp_path / "thin", dtype="float32")
    loaded = load_folder(tmp_path / "thin")
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-6)
    other = trained(make_toy(n_channels=2, n_classes=3, length=20), loaded)
    assert other.predict_proba(np.zeros((1, 2, 20))).shape == (1, 3)
    assert build("thin", None, 1, 2).receptive_field() == 9


def test_its_config_is_bounded_by_its_own_file() -> None:
    for args, text in (
        ({"filters": 1000}, r"^thin: filters = 1000 is not a whole number up to 512\.$"),
        (
            {"kernel_lengths": [3] * 9},
            r"^thin: kernel_lengths = .* is not a list of 1 to 8 whole numbers up to 4096\.$",
        ),
        (
            {"filters": 512, "kernel_lengths": [3] * 3},
            r"^thin: 512 filters of 3 lengths; 1024 in all is the most\.$",
        ),
        (
            {"width": 3},
            r"^thin has no argument 'width'; it has filters, kernel_lengths, channels_apart, "
            r"readout, resampled, nuisances, level, averaged, channels_read, features_read\.$",
        ),
    ):
        with pytest.raises(ModelError, match=text):
            network_config("thin", args)


def test_the_command_line_knows_it(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("".join(f"{k % 2},{k},1,{k % 3}\n" for k in range(8)))
    few = ["--members", "1", "--epochs", "1", "--quiet"]
    zoo = ["--out", str(tmp_path / "zoo")]
    result = CliRunner().invoke(
        app, ["pretrain", str(table), *zoo, "--arch", "thin", *few, "--set", "filters=3"]
    )
    assert result.exit_code == 0, result.output
    assert "thin.mine: training accuracy" in result.output
    wrong = CliRunner().invoke(
        app, ["pretrain", str(table), *zoo, "--arch", "lstm"], env={"COLUMNS": "200"}
    )
    assert wrong.exit_code == 2
    assert "'lstm' is not one of inception, fcn, resnet, convtimenet, mlp, thin." in wrong.stderr
