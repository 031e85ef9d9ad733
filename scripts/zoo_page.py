"""Write the overview of a zoo, its map and its data: zoo_page.py ZOO [ZOO ...] [--out DIR].

Of models of one name, the one with the most members is told, or else the first zoo's. If
benchmarks/zoo.csv exists, the page says how the complete zoo compares with published accuracies.
"""

import argparse
import io
from pathlib import Path

from PIL import Image
from sources_page import sources_page
from zoo_accuracy import read_measured
from zoo_page_text import zoo_page
from zoo_sources import Source, read_sources

from tszoo.figures.zoo_map import plot_map
from tszoo.models.load import load_prototypes
from tszoo.similarity.distance import distance_matrix
from tszoo.storage.files import write_file
from tszoo.transfer.published import read_published
from tszoo.zoo.order import UNKNOWN, kind_of

ROOT = Path(__file__).parent.parent
PAGE, MAP, DATA_PAGE = "zoo.md", "zoo-map.png", "sources.md"
COMPLETE = ROOT / "benchmarks" / "zoo.csv"


def page_of(sources: list[Source], out: Path) -> str:
    """Write the text of the page that will lie in ``out``."""
    published = {
        name: figure.accuracy
        for name, figure in read_published(ROOT / "scripts" / "published.csv").items()
    }
    complete = []
    if COMPLETE.exists():
        complete = read_measured(COMPLETE)
    return zoo_page(sources, published, folder=out, picture=MAP, complete=complete)


def draw_map(sources: list[Source], path: Path) -> None:
    """Draw every data set of one channel once; few colours make a small file."""
    by_content = {
        source.entry.sha256: source
        for source in sources
        if not source.entry.parts and source.entry.n_channels == 1
    }
    prototypes = {name: load_prototypes(source.folder) for name, source in by_content.items()}
    # a data set of few series a class has no prototypes, because they would be its series
    shown = [source for name, source in by_content.items() if prototypes[name].series]
    matrix = distance_matrix([each for each in prototypes.values() if each.series], n_jobs=-1)
    kinds: list[str | None] = [kind_of(source.entry) for source in shown]
    kinds = [None if kind == UNKNOWN else kind for kind in kinds]
    plot_map([source.entry.dataset for source in shown], matrix, path, kinds=kinds)
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
    models = read_sources(arguments.zoos)
    draw_map(models, arguments.out / MAP)  # first: a page must not show a missing picture
    text = page_of(models, arguments.out)
    write_file(arguments.out / PAGE, text.encode("utf-8"))
    write_file(arguments.out / DATA_PAGE, sources_page(models).encode("utf-8"))
    sizes = f"{len(text)} characters, picture of {(arguments.out / MAP).stat().st_size} bytes"
    print(f"{arguments.out / PAGE}: {len(models)} models, {sizes}")
