"""Write the overview of a zoo, and the map of its data sets: zoo_page.py ZOO [ZOO ...] [--out DIR].

Of models of one name, that with the most members is told, or else that of the first zoo. Where
benchmarks/zoo.csv is there, the page says how the complete zoo compares with published accuracies.
"""

import argparse
import io
from pathlib import Path

from PIL import Image

from tszoo.figures.zoo_accuracy import read_measured
from tszoo.figures.zoo_map import plot_map
from tszoo.figures.zoo_page import zoo_page
from tszoo.figures.zoo_sources import Source, read_sources
from tszoo.models.load import load_prototypes
from tszoo.similarity.distance import distance_matrix
from tszoo.storage.files import write_file
from tszoo.transfer.published import read_published
from tszoo.zoo.order import UNKNOWN, kind_of

ROOT = Path(__file__).parent.parent
PAGE, MAP = "zoo.md", "zoo-map.png"
COMPLETE = ROOT / "benchmarks" / "zoo.csv"


def page_of(sources: list[Source], out: Path) -> str:
    """The text of the page that will lie in ``out``."""
    published = {
        name: figure["accuracy"]
        for name, figure in read_published(ROOT / "scripts" / "published.csv").items()
    }
    complete = read_measured(COMPLETE) if COMPLETE.exists() else []
    return zoo_page(sources, published, folder=out, picture=MAP, complete=complete)


def draw_map(sources: list[Source], path: Path) -> None:
    """Draw every data set of one channel once; few colours make a small file."""
    sets = {
        one.entry.sha256: one
        for one in sources
        if not one.entry.parts and one.entry.n_channels == 1
    }
    ones = list(sets.values())
    matrix = distance_matrix([load_prototypes(one.folder) for one in ones], n_jobs=-1)
    kinds = [None if kind_of(one.entry) == UNKNOWN else kind_of(one.entry) for one in ones]
    plot_map([one.entry.dataset for one in ones], matrix, path, kinds=kinds)
    with Image.open(path) as picture:
        flat = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    data = io.BytesIO()
    flat.save(data, format="png", optimize=True)
    write_file(path, data.getvalue())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zoos", type=Path, nargs="+", metavar="ZOO")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs", help="the folder to write into (default: docs)"
    )
    arguments = parser.parse_args()
    found = read_sources(arguments.zoos)
    draw_map(found, arguments.out / MAP)  # first, so that no page shows a picture that is not there
    text = page_of(found, arguments.out)
    write_file(arguments.out / PAGE, text.encode("utf-8"))
    sizes = f"{len(text)} characters, picture of {(arguments.out / MAP).stat().st_size} bytes"
    print(f"{arguments.out / PAGE}: {len(found)} models, {sizes}")
