"""Write the published accuracies that `tszoo compare --published ucr` stands beside one's own.

    python scripts/published_ucr.py ucr128-published-accuracy.csv

The file has a row for each of the 128 data sets of the archive and a column for each classifier, as
the authors of LITE released them (Ismail-Fawaz et al. 2023). Figures keep six digits.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from tszoo.evaluation.published import TABLE


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("released", type=Path)
    args = parser.parse_args()
    with args.released.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    lines = [header, *([row[0], *(f"{float(cell):.6g}" for cell in row[1:])] for row in rows)]
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


if __name__ == "__main__":
    main()
