"""About how long it takes to try sources on a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tszoo.data.dataset import Dataset
from tszoo.data.task import require_task
from tszoo.recommendation.advice import BESIDE_UNIVERSAL, SHORTLIST
from tszoo.recommendation.eligible import universal_bodies
from tszoo.recommendation.probe import MOST_POINTS, MOST_SERIES, is_kept, random_network
from tszoo.recommendation.reduce import reduce
from tszoo.recommendation.sample import sample_series
from tszoo.training.run import Run

if TYPE_CHECKING:
    from tszoo.nets.network import Network
    from tszoo.zoo.zoo import Zoo

# A series and its members of a class are warped onto one another so many times for a prototype, and
# a core fills so many cells of a warping matrix a second.
ITERATIONS = 10
CELLS_A_SECOND = 1e9
# Seconds to load a source.
LOADING = 0.1


def estimate_seconds(
    target: Dataset,
    catalogue: Zoo,
    *,
    method: str = "auto",
    exclude: Sequence[str] = (),
    run: Run | None = None,
) -> float:
    """Estimate the seconds of ``advise``, to within a factor of two.

    Nothing of it is known before but the size of the data: an untrained network and a universal
    body are timed on a few of the series. The compiling of kernels, once, is not counted.

    Parameters
    ----------
    target, catalogue, method, exclude
        As for `tszoo.recommendation.advise`.
    run : Run or None
        Its ``jobs`` says how many sources are tried at a time. Where its ``cache`` holds the
        results of universal bodies, it holds those of the others, too.

    Raises
    ------
    DataError
        If the target has no labels or one class only.
    """
    require_task(target)
    run = run or Run()
    seen = reduce(target)
    cells = float(ITERATIONS) * seen.n_series * seen.length**2 * seen.n_channels
    seconds = cells / CELLS_A_SECOND
    if method == "dtw":
        return seconds  # without loading PyTorch
    from tszoo.readout.timing import seconds_of_a_readout
    from tszoo.training.threads import cores_to_use, using_threads

    universal = universal_bodies(target, catalogue, exclude)
    sample = sample_series(seen, MOST_SERIES, MOST_POINTS)
    if universal and all(is_kept(sample, name, catalogue, run) for name in universal):
        return seconds
    n_others = min(BESIDE_UNIVERSAL if universal else SHORTLIST, len(catalogue.models))

    def each(network: Network) -> float:
        return seconds_of_a_readout(network, sample, run.device) + LOADING

    n_sources = len(universal) + n_others
    n_jobs = max(1, min(run.jobs or cores_to_use(), n_sources))
    with using_threads(1):
        of_random = each(random_network(sample, 0))
        network = _a_universal_body(list(universal), catalogue)
        of_universal = 2 * of_random if network is None else each(network)
    probing = n_others * of_random + len(universal) * of_universal
    return seconds + probing / n_jobs + of_random


def _a_universal_body(names: Sequence[str], catalogue: Zoo) -> Network | None:
    """Load a universal body to time; None where it would have to be fetched for that."""
    from tszoo.models.load import load_networks
    from tszoo.zoo.find import find_model

    if not names or catalogue.remote is not None:
        return None
    return load_networks(find_model(names[0], catalogue), 1)[0]
