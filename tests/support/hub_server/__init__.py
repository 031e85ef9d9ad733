"""A Hugging Face Hub in miniature, over HTTP on this machine.

What the real client of the Hub talks to in tests.

Repositories with commits, branches and tags, LFS on another origin, private and gated repositories,
tokens, collections, pages, ranges, and faults on demand. Models only; nothing of it is imported by
the package.
"""

from tests.support.hub_server.faults import KINDS, Request
from tests.support.hub_server.server import REQUEST_KINDS, HubServer

__all__ = ["KINDS", "REQUEST_KINDS", "HubServer", "Request"]
