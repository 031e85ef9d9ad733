"""Recommend which source to start from, if any."""

from tszoo.recommendation.advice import METHODS, Advice, advise, recommend
from tszoo.recommendation.nearest import Neighbour, rank_sources
from tszoo.recommendation.recommendation import Recommendation
from tszoo.recommendation.weigh import Choice

__all__ = [
    "METHODS",
    "Advice",
    "Choice",
    "Neighbour",
    "Recommendation",
    "advise",
    "rank_sources",
    "recommend",
]
