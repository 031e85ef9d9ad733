"""Bounds of what a file or a caller may ask for.

Files come from anywhere: what is beyond these bounds is refused before anything of that size is
made.
"""

from __future__ import annotations

MOST_MEMBERS = 1_000
MOST_CHANNELS = 10_000
MOST_CLASSES = 100_000
MOST_LENGTH = 1_000_000
MOST_LABEL = 1_000  # characters of a label
MOST_COUNT = 2**53  # of series, epochs or steps: every JSON reader keeps such a number exactly
MOST_SERIES = MOST_COUNT
MOST_PROTOTYPES = 64  # of one class
