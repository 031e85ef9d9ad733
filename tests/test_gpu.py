"""On a CUDA device: the same answers as on the CPU."""

import numpy as np
import pytest
import torch

from tests.conftest import make_toy
from tszoo.training.recipe import Recipe
from tszoo.transfer.options import FitOptions
from tszoo.transfer.pretrain import pretrain

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("architecture", ["inception", "fcn"])
def test_training_on_the_gpu_gives_a_model_that_predicts_the_same_on_the_cpu(architecture):
    toy = make_toy(40)
    options = FitOptions(Recipe(epochs=30, schedule="cosine"), members=2, device="auto", precision="auto")
    model = pretrain(toy, options, architecture=architecture)
    assert model.config.training["device"] != "cpu"
    assert model.config.results["train_accuracy"] > 0.9
    on_gpu, on_cpu = (model.predict_proba(toy, device=device) for device in ("cuda", "cpu"))
    assert np.allclose(on_gpu, on_cpu, atol=2e-3)
