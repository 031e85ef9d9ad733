"""How large the numbers in a file may be that says what a model is: once, for every reader."""

from __future__ import annotations

MOST_MEMBERS = 1_000
MOST_CHANNELS = 10_000
MOST_CLASSES = 100_000
MOST_LENGTH = 1_000_000
MOST_SERIES = 2**53
