from __future__ import annotations

from gains import ALL, gains, gains_table, with_universal


def row(name: str, universal: float, random: float, classes: int = 2) -> dict[str, str]:
    return {
        "dataset": name,
        "n_series": "50",
        "classes": str(classes),
        "length": "150",
        "sources": "inception.universalA inception.Coffee",
        "universal": f"{universal}",
        "random": f"{random}",
    }


NAMES = ("GunPoint", "Coffee", "Beef", "Adiac", "Car", "Fish")
ROWS = [row(name, 0.9 - 0.01 * k, 0.8, 2 + (k > 3)) for k, name in enumerate(NAMES)]


def test_groups_of_few_are_left_out() -> None:
    pairs = gains(ROWS)
    assert list(pairs) == [ALL, "2 classes", "10 to 30 series a class", "129 to 400 points"]
    assert [pair.n for pair in pairs.values()] == [6, 4, 6, 6]
    assert (pairs[ALL].wins, pairs[ALL].losses) == (6, 0)


def test_the_groups_are_corrected_for_each_other_and_all_sets_are_not() -> None:
    lines = gains_table(ROWS).splitlines()
    assert lines[2] == "| all sets | 6 | 0.8750 | 0.8000 | +7.5 | 6, 0, 0 | 0.031 |  |"
    assert lines[3] == "| 2 classes | 4 | 0.8850 | 0.8000 | +8.5 | 4, 0, 0 | 0.12 | 0.12 |"
    assert lines[4].endswith("| 0.031 | 0.094 |")


def test_rows_without_a_universal_body_do_not_count() -> None:
    earlier = {key: value for key, value in ROWS[0].items() if key != "universal"}
    others = [{**ROWS[0], "sources": "inception.Coffee"}, {**ROWS[0], "random": ""}, earlier]
    assert with_universal([ROWS[0], *others]) == [ROWS[0]]
    assert gains_table(others) == ""
