"""Models as plain PyTorch modules: the same logits, fresh heads, other numbers of channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import tszoo
from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo.errors import ModelError, OptionError, ZooError
from tszoo.models.member_subset import first_members
from tszoo.models.module import SeriesModule, StagesModule
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = make_zoo(tmp_path_factory.mktemp("zoo"))
    add_model(folder, universal_model("universalS"))
    return folder


def raw(n_series: int = 5, n_channels: int = 1, length: int = 30) -> torch.Tensor:
    """Series of any level and scale."""
    generator = torch.Generator().manual_seed(0)
    return 40 + 7 * torch.randn(n_series, n_channels, length, generator=generator)


def test_models_are_listed_by_pattern(zoo):
    names = tszoo.list_models(zoo=zoo)
    assert names == sorted(entry.name for entry in tszoo.Zoo(zoo).models)
    assert tszoo.list_models("*.universal?", zoo=zoo) == ["inception.universalS"]
    assert tszoo.list_models("nothing.*", zoo=zoo) == []


def test_a_module_says_what_the_models_first_member_says(zoo):
    model = tszoo.Model.load("inception.Bumps", zoo=zoo)
    module = tszoo.create_model("inception.Bumps", zoo=zoo)
    x = raw(length=model.config.length)
    first = first_members(model, 1)
    with torch.inference_mode():
        ours = module(x).softmax(dim=1)
        assert torch.equal(module.forward_head(module.forward_features(x)), module(x))
    np.testing.assert_allclose(ours.numpy(), first.predict_proba(x.numpy()), atol=1e-5)
    assert isinstance(module, SeriesModule)
    assert not module.training
    assert module.num_classes == model.config.n_classes
    assert module.get_classifier() is module.network.head


def test_the_zoos_own_weights_stay_as_they_are(zoo):
    opened = tszoo.Zoo(zoo)
    module = tszoo.create_model("inception.Bumps", zoo=opened, num_classes=4)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    again = tszoo.create_model("inception.Bumps", zoo=opened)
    assert any(parameter.any() for parameter in again.network.body.parameters())


def test_a_universal_body_gives_what_a_ridge_head_reads(zoo):
    module = tszoo.create_model("inception.universalS", zoo=zoo)
    x = raw()
    model = tszoo.Model.load("inception.universalS", zoo=zoo)
    assert module.num_classes == 0
    with torch.inference_mode():
        np.testing.assert_allclose(module(x).numpy(), model.embed(x.numpy()), rtol=1e-3, atol=1e-4)
    assert module(x).shape == (5, module.num_features)


@pytest.mark.parametrize("name", ["inception.Bumps", "inception.universalS"])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_a_fresh_head_reads_the_means_of_the_last_maps(zoo, name, in_channels):
    module = tszoo.create_model(name, num_classes=4, in_channels=in_channels, zoo=zoo)
    x = raw(n_channels=in_channels)
    maps = module.forward_features(x)
    assert maps.shape == (5, in_channels * module.feature_info[-1]["num_chs"], 30)
    torch.testing.assert_close(module.forward_head(maps, pre_logits=True), maps.mean(2))
    assert module(x).shape == (5, 4)
    module.reset_classifier(0)
    torch.testing.assert_close(module(x), maps.mean(2))
    assert isinstance(module.get_classifier(), torch.nn.Identity)


def test_the_seed_alone_decides_fresh_weights(zoo):
    heads = [
        tszoo.create_model("inception.Bumps", num_classes=3, seed=seed, zoo=zoo).network.head.weight
        for seed in (1, 1, 2)
    ]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    fresh = tszoo.create_model("inception.Bumps", False, seed=3, zoo=zoo)
    kept = tszoo.create_model("inception.Bumps", zoo=zoo)
    pairs = zip(fresh.parameters(), kept.parameters(), strict=True)
    assert not any(torch.equal(*pair) for pair in pairs if pair[0].ndim > 1)


def test_an_architecture_without_weights():
    module = tszoo.create_model("fcn", pretrained=False, num_classes=2, in_channels=3)
    assert module(raw(n_channels=3)).shape == (5, 2)
    with pytest.raises(OptionError, match="num_classes=None"):
        tszoo.create_model("fcn", pretrained=False)
    with pytest.raises(ZooError):
        tszoo.create_model("fcn")


def test_stages(zoo):
    module = tszoo.create_model("inception.Bumps", features_only=True, in_channels=1, zoo=zoo)
    whole = tszoo.create_model("inception.Bumps", num_classes=2, zoo=zoo)
    x = raw()
    stages = module(x)
    assert isinstance(module, StagesModule)
    assert [maps.shape[1] for maps in stages] == [f["num_chs"] for f in module.feature_info]
    torch.testing.assert_close(stages[-1], whole.forward_features(x))
    several = tszoo.create_model(
        "inception.universalS", features_only=True, num_classes=0, in_channels=2, zoo=zoo
    )
    both = raw(n_channels=2)
    first = tszoo.create_model("inception.universalS", features_only=True, zoo=zoo)
    maps = several(both)[-1]
    torch.testing.assert_close(maps.chunk(2, dim=1)[0], first(both[:, :1])[-1])


def test_gradients_flow_to_the_raw_series(zoo):
    module = tszoo.create_model("inception.Bumps", zoo=zoo)
    x = raw().requires_grad_()
    module(x).square().sum().backward()
    assert x.grad.abs().sum() > 0
    constant = torch.full((2, 1, 30), 3.0)
    assert module(constant).isfinite().all()


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"in_channels": 2}, OptionError, "the head of inception.Bumps reads 1"),
        ({"in_channels": 0, "num_classes": 2}, OptionError, "in_channels=0"),
        ({"num_classes": -1}, OptionError, "num_classes=-1"),
        ({"num_classes": 2.0}, OptionError, "num_classes=2.0"),
    ],
)
def test_what_cannot_be_is_refused(zoo, options, error, says):
    with pytest.raises(error, match=says):
        tszoo.create_model("inception.Bumps", zoo=zoo, **options)


def test_series_in_another_order_are_refused(zoo):
    module = tszoo.create_model("inception.Bumps", zoo=zoo)
    with pytest.raises(OptionError, match="channels before points"):
        module(torch.zeros(4, 30, 1))
    with pytest.raises(OptionError, match="expected"):
        module(torch.zeros(4, 30))


def test_a_body_that_sees_channels_together_takes_no_other_number(tmp_path):
    toy = make_toy(n_channels=2)
    model = tszoo.pretrain(toy, architecture="fcn", members=1, recipe={"epochs": 1})
    tszoo.Zoo(tmp_path).add(model)
    with pytest.raises(ModelError, match="sees 2 channels together"):
        tszoo.create_model(model.config.name, zoo=tmp_path, in_channels=3, num_classes=2)


def test_a_head_that_reads_levels_is_put_away(tmp_path):
    warm = make_toy(n_classes=2)
    levels = replace(warm, series=warm.series + 40 * warm.labels[:, None, None].astype("float32"))
    model = tszoo.finetune(levels, source="none", head="ridge", members=1, level="yes")
    assert model.networks[0].level
    tszoo.Zoo(tmp_path).add(model)
    with pytest.raises(ModelError, match="level numbers"):
        tszoo.create_model(model.config.name, zoo=tmp_path)
    module = tszoo.create_model(model.config.name, num_classes=3, zoo=tmp_path)
    assert module(raw(length=levels.length)).shape == (5, 3)
