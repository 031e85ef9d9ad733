"""The file that loads a model without tszoo gives tszoo's logits."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import tszoo.publishing
from tests.support.levels import make_levels
from tests.support.small import SMALL
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.data.levels import level_numbers
from tszoo.models.model import Model
from tszoo.nets.registry import args_of, network_config
from tszoo.transfer.finetune import finetune
from tszoo.zoo.embedded import embedded_zoo

FILE = Path(tszoo.publishing.__file__).parent / "modeling.py"
MOST_LINES = 150


@pytest.fixture(scope="module")
def modeling() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modeling", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def logits_of(model: Model, series: np.ndarray) -> torch.Tensor:
    """What the members say of one series, shape (members, n_classes)."""
    unequal = model.config.preprocessing.unequal
    dataset = Dataset.from_arrays(series[None], name="X", unequal=unequal)
    x = torch.from_numpy(prepare(dataset, model.config.preprocessing, model.config.length))
    levels = torch.from_numpy(level_numbers(dataset))
    with torch.inference_mode():
        return torch.stack([network(x, None, levels)[0] for network in model.networks])


HEADS = {
    "mean": {},
    "stages": {"readout": "stages"},
    "resampled": {"readout": "stages", "resampled": 16},
    "apart": {"channels_apart": True},
    "apart, stages": {"channels_apart": True, "readout": "stages"},
}


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("architecture", SMALL)
def test_it_reproduces_every_logit(architecture, head, dtype, modeling, tmp_path):
    if architecture == "mlp" and head not in ("mean", "stages"):
        pytest.skip("an MLP takes series of one length, all channels together")
    args = args_of(network_config(architecture, {**SMALL[architecture], **HEADS[head]}))
    toy = make_toy(n_classes=3, n_channels=2)
    model = make_model(toy, architecture=architecture, architecture_args=args)
    for network in model.networks:
        if network.readout == "stages":
            network.spread.uniform_(0.5, 2.0)
    model.save(tmp_path / "m", dtype=dtype)
    loaded = Model.load(tmp_path / "m")
    again = modeling.SeriesClassifier(tmp_path / "m")
    for series in (toy.series[0], 1e3 * toy.series[1] + 7, np.full_like(toy.series[0], 2.0)):
        ours, theirs = again.logits(torch.tensor(series)), logits_of(loaded, series)
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert again.predict(torch.tensor(toy.series[0])) == loaded.predict(toy.series[:1])[0]


def test_series_of_any_length(modeling, tmp_path):
    args = args_of(network_config("inception", {**SMALL["inception"], **HEADS["resampled"]}))
    model = make_model(architecture_args=args, preprocessing=Preprocessing(unequal=True))
    model.save(tmp_path / "m", dtype="float32")
    again = modeling.SeriesClassifier(tmp_path / "m")
    for length in (2, 3, 17, 50):
        series = np.random.default_rng(length).standard_normal((1, length)).astype(np.float32)
        torch.testing.assert_close(
            again.logits(torch.tensor(series)), logits_of(model, series), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("kind", ["level", "scale", "slope"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_heads_that_read_levels(kind, n_channels, modeling, tmp_path):
    target = make_levels(kind, 24, 2, n_channels)
    model = finetune(
        target, "none", head="ridge", members=1, level="yes", network=SMALL["inception"]
    )
    assert model.networks[0].level
    model.save(tmp_path / "m", dtype="float32")
    again = modeling.SeriesClassifier(tmp_path / "m")
    for series in (*target.series[:4], 3 * target.series[5] + 100):
        ours, theirs = again.logits(torch.tensor(series)), logits_of(model, series)
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["inception.GunPoint", "convtimenet.jointA"])
def test_models_of_the_zoo(name, modeling):
    model = Model.load(name)
    series = np.random.default_rng(0).standard_normal((1, model.config.length)).cumsum(axis=1)
    again = modeling.SeriesClassifier(embedded_zoo() / name)
    torch.testing.assert_close(
        again.logits(torch.tensor(series)), logits_of(model, series), rtol=1e-5, atol=1e-5
    )


def test_it_is_short_and_does_without_tszoo():
    text = FILE.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MOST_LINES
    code = "import sys, modeling; print('tszoo' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=FILE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
