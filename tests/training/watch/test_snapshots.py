from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from tests.support.tiny import make_model
from tszoo.errors import OptionError
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.snapshots import Snapshots


def test_every_third_epoch_is_kept_as_it_was(tmp_path):
    networks = make_model(members=2).networks
    watcher = Snapshots(tmp_path / "kept", every=3)
    expected = {}
    for epoch in range(1, 8):
        for member, network in enumerate(networks):
            network.to(memory_format=torch.channels_last)
            network.head.weight.data.add_(epoch)
            watcher(member, EpochReport(epoch, 9, 0.5, 0.5, 0.1, 1.0), network)
            if epoch % 3 == 0:
                state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
                expected[f"member-{member}.epoch-{epoch}.safetensors"] = state
    assert {path.name for path in (tmp_path / "kept").iterdir()} == set(expected)
    assert len(expected) == 4
    for name, state in expected.items():
        found = load_file(tmp_path / "kept" / name)
        assert found.keys() == state.keys()
        assert all(torch.equal(found[key], tensor) for key, tensor in state.items())


def test_bad_numbers_and_places_are_one_line(tmp_path, caplog):
    with pytest.raises(
        OptionError, match="snapshots every 0 epochs: expected a whole number from 1"
    ):
        Snapshots(tmp_path, every=0)
    (tmp_path / "file").write_text("")
    watcher, network = Snapshots(tmp_path / "file", every=1), make_model(members=1).networks[0]
    for epoch in (1, 2):
        watcher(0, EpochReport(epoch, 9, 0.5, 0.5, 0.1, 1.0), network)
    (said,) = caplog.messages
    assert "member-0.epoch-1.safetensors: cannot write the snapshot (" in said
