"""A network that is described and built again takes the weights, and computes the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from tszoo.nets.described import describe_network, described_network, is_describable
from tszoo.nets.inception import Inception, InceptionConfig
from tszoo.nets.network import Network, initialize, replace_head
from tszoo.nets.registry import build

SMALL: dict[str, dict[str, Any]] = {
    "inception": {"depth": 2, "filters": 2, "kernel_lengths": [4, 2], "bottleneck": 2},
    "fcn": {},
    "resnet": {},
    "convtimenet": {},
    "mlp": {"widths": [5, 4]},
}


def again(network: Network) -> Network:
    """Describe a network, in text, and build it from that."""
    built = described_network(json.loads(json.dumps(describe_network(network))))
    built.load_state_dict(network.state_dict())
    return built.eval()


@pytest.mark.parametrize("architecture", SMALL)
@pytest.mark.parametrize(
    "changes", [{}, {"readout": "stages"}, {"level": True}, {"channels_apart": True}], ids=str
)
def test_any_network_is_built_again(architecture: str, changes: dict[str, Any]) -> None:
    n_channels = 2
    network = build(architecture, {**SMALL[architecture], **changes}, n_channels, 3, length=12)
    initialize(network, torch.Generator().manual_seed(0))
    x = torch.randn(4, n_channels, 12, generator=torch.Generator().manual_seed(1))
    levels = torch.randn(4, 5 * n_channels, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        assert torch.equal(again(network)(x, None, levels), network.eval()(x, None, levels))


def test_what_was_changed_since_is_described() -> None:
    network = build("inception", SMALL["inception"], 1, 3).double()
    network.level, network.resampled = True, 8
    replace_head(network, 5, torch.Generator().manual_seed(0), channels_apart=2, readout="stages")
    network = network.double()
    built = again(network)
    assert (built.readout, built.resampled, built.level) == ("stages", 8, True)
    assert (built.channels_apart, built.channels_together) == (2, 1)
    x = torch.randn(4, 2, 12, dtype=torch.float64)
    levels = torch.randn(4, 10, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(built(x, None, levels), network.eval()(x, None, levels))


def test_a_network_of_another_class_is_not_described() -> None:
    class Mine(Inception):
        pass

    assert is_describable(build("inception", SMALL["inception"], 1, 3))
    assert not is_describable(Mine(InceptionConfig(depth=1, filters=2), 1, 3))
