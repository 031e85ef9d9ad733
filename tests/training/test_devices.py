"""Members spread over several devices are those of one device; the CPU twice stands for two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support.ensembles import JOB, assert_same, make_member, noise
from tests.support.ensembles import running as job_with
from tszoo.errors import OptionError
from tszoo.nets import device as device_module
from tszoo.nets.device import split_devices
from tszoo.training import processes
from tszoo.training.members import train_members
from tszoo.training.spread import choose_processes, groups_of

CPU = torch.device("cpu")
SPREAD = replace(JOB, devices=(CPU, CPU))


def test_names_of_several_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_devices("auto") == ("auto",)
    assert split_devices("cuda:0, cuda:1") == ("cuda:0", "cuda:1")
    monkeypatch.setattr(device_module.torch.cuda, "device_count", lambda: 3)
    assert split_devices("cuda:all") == ("cuda:0", "cuda:1", "cuda:2")
    monkeypatch.setattr(device_module.torch.cuda, "device_count", lambda: 0)
    with pytest.raises(OptionError, match=r"^device cuda:all: this machine has no CUDA device\."):
        split_devices("cuda:all")


@pytest.mark.usefixtures("warm_children")
def test_members_on_two_devices_are_those_of_one_after_another(tmp_path: Path) -> None:
    alone = train_members(make_member, noise(), JOB)
    job = job_with(SPREAD, folder=tmp_path / "run")
    assert_same(alone, train_members(make_member, noise(), job))
    # what one device has begun, several go on with
    (tmp_path / "run/member-1.safetensors").unlink()
    resumed = job_with(SPREAD, folder=tmp_path / "run", resume=True)
    assert_same(alone, train_members(make_member, noise(), resumed))


@pytest.mark.parametrize(
    ("n_devices", "groups"),
    [(0, [[0, 1, 2]]), (2, [[0, 1], [2]]), (3, [[0], [1], [2]]), (5, [[0], [1], [2]])],
)
def test_each_device_has_its_share(n_devices: int, groups: Sequence[Sequence[int]]) -> None:
    job = job_with(replace(JOB, devices=(CPU,) * n_devices), side_by_side=None)
    networks = [make_member(k, torch.Generator().manual_seed(k)) for k in range(3)]
    assert groups_of(networks, noise(), job) == groups
    if n_devices:
        assert choose_processes(networks, groups, noise(), job) == min(n_devices, 3)


@pytest.mark.usefixtures("warm_children")
def test_each_process_has_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes are told two devices, and each always the same."""
    asked: list[tuple[int, str]] = []

    class Watched(processes.Child):  # type: ignore[misc]
        def tell(self, facts: Any, payload: bytes = b"") -> None:
            if facts["kind"] == "train":
                asked.append((self.number, facts["device"]))
                facts = {**facts, "device": "cpu"}
            super().tell(facts, payload)

    monkeypatch.setattr("tszoo.training.children.Child", Watched)
    # a device that takes no work, so that nothing here computes on it
    job = replace(JOB, devices=(CPU, torch.device("meta")))
    train_members(make_member, noise(), job)
    assert len(asked) == 3
    assert dict(asked) == {0: "cpu", 1: "meta"}
    assert len(set(asked)) == 2


def test_a_worker_moves_the_data_to_its_device(tmp_path: Path) -> None:
    from tszoo.training.epoch import Audience
    from tszoo.training.handover import hand_over, take_over

    data = noise()
    audience = Audience(validation=data[0], watched={"more": data[0]})
    hand_over(tmp_path, data, audience, JOB)
    order = take_over(tmp_path)
    assert order.on(CPU) is order
    moved = order.on(torch.device("meta"))
    assert moved.job.device.type == "meta"
    assert moved.audience.validation is not None
    places = [*moved.sets, moved.audience.validation, moved.audience.watched["more"]]
    assert {part.x.device.type for part in places} == {"meta"}
