"""Library errors on the command line: parameters become options."""

from __future__ import annotations

import pytest

from tszoo.cli.translate import translated


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('pass label_column="last".', "pass --label-column last."),
        ("pass label_column=3.", "pass --label-column 3."),
        ('start from scratch: source="none".', "start from scratch: --source none."),
        ("pass overwrite=True.", "pass --overwrite."),
        ("pass unequal=False.", "pass --no-unequal."),
        ("name the folder with archive=...", "name the folder with --archive"),
        (
            "recipe={'epochs': ...} does not go with head=\"ridge\".",
            "--epochs does not go with --head ridge.",
        ),
        ("recipe={'patience': ...} does not", "--set patience does not"),
        ("recipe={'name': ...} does not", "--recipe does not"),
        ("members must be a whole number.", "--members must be a whole number."),
        ('most_sources goes with source="auto".', "--most-sources goes with --source auto."),
        (
            'instead: source="inception.A",\n  head="softmax"',
            "instead: --source inception.A\n  --head softmax",
        ),
        ("depth = 3 and depth=3 stay", "depth = 3 and depth=3 stay"),
        ("the head must be there", "the head must be there"),
    ],
)
def test_parameters_become_options(message: str, expected: str) -> None:
    assert translated(message) == expected
