"""A page for people who use no terminal: from a file of series to a model of them."""

from tszoo.serving.page.app import page_app
from tszoo.serving.page.desk import Desk

__all__ = ["Desk", "page_app"]
