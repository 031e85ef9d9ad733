"""The embedded zoo, evaluated again from its stored weights, beside InceptionTime's published accuracy.

    python benchmarks/zoo.py --archive UCRArchive_2018 [--zoo DIR]

Prints a line a source: members' mean and spread, ensemble, what the card says, what was published.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tszoo
from tszoo.data.load import load_test_split
from tszoo.zoo.find import list_models, open_zoo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--zoo", type=Path)
    options = parser.parse_args()
    print("| source | one network | ensemble | on its card | published |\n|---|---|---|---|---|")
    rows = []
    for entry in list_models(open_zoo(options.zoo)):
        test = load_test_split(entry.dataset, archive=options.archive)
        if test is None:
            print(f"| {entry.dataset} | no test split here | | | |")
            continue
        model = tszoo.load_model(entry.model, options.zoo)
        results = model.config.results
        members = np.array(results["member_accuracy"])
        again = tszoo.evaluate(model, test).accuracy
        published = results["published"]["accuracy"]
        rows.append((members.mean(), again, results["accuracy"], published))
        one = f"{members.mean():.4f} ± {members.std(ddof=1):.4f}"
        print(f"| {entry.dataset} | {one} | {again:.4f} | {results['accuracy']:.4f} | {published:.4f} |", flush=True)
    mean = np.mean(rows, axis=0)
    print(f"| **mean of {len(rows)}** | {mean[0]:.4f} | {mean[1]:.4f} | {mean[2]:.4f} | {mean[3]:.4f} |")


if __name__ == "__main__":
    main()
