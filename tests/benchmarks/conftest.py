"""Lets tests import the benchmarks' modules, which import each other by their names."""

from __future__ import annotations

import sys

from tests.support.places import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
