"""Which source to start from."""

from tszoo.recommend.choose import METHODS, recommend
from tszoo.recommend.nearest import Neighbour, rank_sources
from tszoo.recommend.recommendation import Recommendation

__all__ = ["METHODS", "Neighbour", "Recommendation", "rank_sources", "recommend"]
