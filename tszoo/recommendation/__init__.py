"""Which source to start from."""

from tszoo.recommendation.choose import METHODS, recommend
from tszoo.recommendation.nearest import Neighbour, rank_sources
from tszoo.recommendation.recommendation import Recommendation

__all__ = ["METHODS", "Neighbour", "Recommendation", "rank_sources", "recommend"]
