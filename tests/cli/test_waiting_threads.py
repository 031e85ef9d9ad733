"""Threads that wait sleep, unless a user's settings say otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TELL = """
import os, sys
import tszoo.cli
sys.argv = ["tszoo", "--version"]
try:
    tszoo.cli.main()
except SystemExit:
    pass
print(os.environ.get("GOMP_SPINCOUNT"), "torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("settings", "spins"),
    [
        ({}, "1000"),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "None"),
    ],
)
def test_it_is_set_before_pytorch_is_loaded(settings: dict[str, str], spins: str) -> None:
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-c", TELL],
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"{spins} False"
