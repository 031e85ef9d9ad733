"""Write the pictures and tables of docs/universal.md: draw_universal.py [--zoo ZOO] [--out DIR].

Two pictures go into DIR/universal: the map of the archive, and first filters. Three tables go into
DIR/universal.md: nearest data sets, slow waves, and the gains that benchmarks/archive.csv tells of.
"""

import argparse
import sys
from pathlib import Path

from nearest_sets import nearest_table
from page_blocks import with_block
from universal_features import bodies, feature_distances, single_sets
from universal_filters import draw_filters, filter_table
from universal_maps import draw_maps

from tszoo.similarity.distance import distance_matrix
from tszoo.storage.files import write_file
from tszoo.zoo.order import UNKNOWN, kind_of
from tszoo.zoo.zoo import Zoo

# the benchmarks hold what reads and compares what was measured
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from gains import gains_table
from rows import read

ROOT = Path(__file__).parent.parent
PAGE, FOLDER = "universal.md", "universal"
MEASURED = ROOT / "benchmarks" / "archive.csv"
SHOWN, RANDOM, DTW = "universal A", "random filters", "DTW"

_GAINS = """\
### For which data it helps

The accuracy on test splits of ridge heads on the zoo's universal bodies, beside that of ridge
heads on five networks with random filters. A body that has learnt a set, or its kin, does not read
it. A row is a group of data sets, and a set is in several; groups of less than four are left out.
The p is that of Wilcoxon's signed-rank test. The last column corrects it over all groups by Holm's
procedure.
"""


def gains_section(path: Path) -> str:
    """Write the section on gains; an empty text where no gain has been measured."""
    table = gains_table(read(path))
    return table and f"{_GAINS}\n{table}"


def sight_of(zoo: Zoo) -> tuple[dict[str, bytes], dict[str, str]]:
    """Draw the pictures, by file name, and write the tables, by the name of their block."""
    networks = bodies(zoo)
    entries = single_sets(zoo)
    names, kinds = [entry.dataset for entry in entries], [kind_of(entry) for entry in entries]
    sources = [zoo.prototypes(entry.name) for entry in entries]
    matrices = {DTW: distance_matrix(sources)}
    for title, network in networks.items():
        matrices[title] = feature_distances(network, sources)
    shown = {
        f"{len(names)} data sets by DTW of the nearest prototypes": matrices[DTW],
        f"The same by features of the nearest prototypes, {SHOWN}": matrices[SHOWN],
    }
    pictures = {
        "map.png": draw_maps(names, [None if kind == UNKNOWN else kind for kind in kinds], shown),
        "filters.png": draw_filters(networks, SHOWN, RANDOM),
    }
    tables = {
        "nearest": nearest_table(matrices, names, kinds),
        "slow waves": filter_table(networks),
    }
    return pictures, tables


def main(zoo: Path, out: Path) -> None:
    """Write pictures and tables."""
    pictures, tables = sight_of(Zoo(zoo))
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        write_file(folder / name, data)
        print(f"{folder / name}: {len(data)} bytes")
    page = (out / PAGE).read_text(encoding="utf-8")
    for block, text in {**tables, "gains": gains_section(MEASURED)}.items():
        print(f"\n{block}\n\n{text or 'not measured'}")
        page = with_block(page, block, text)
    write_file(out / PAGE, page.encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=Path, default=ROOT / "cards", help="default: cards")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs", help="the folder of the page (default: docs)"
    )
    arguments = parser.parse_args()
    main(arguments.zoo, arguments.out)
