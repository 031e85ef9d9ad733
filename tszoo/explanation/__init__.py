"""Say which points of a series speak for its class."""

from tszoo.explanation.explain import METHODS, Explanation, explain

__all__ = ["METHODS", "Explanation", "explain"]
