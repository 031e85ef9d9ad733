"""The Hub of this process and of those that it starts.

No test sees the real one, or what a user has of it.

To be imported before the Hub's client is, which reads its environment once.
"""

from __future__ import annotations

import atexit
import os
import tempfile

from tests.support.hub_server import HubServer

UNSET = """
HF_TOKEN HF_TOKEN_PATH HUGGING_FACE_HUB_TOKEN HF_OIDC_RESOURCE HF_HUB_DISABLE_IMPLICIT_TOKEN
HF_HUB_CACHE HUGGINGFACE_HUB_CACHE HF_HUB_OFFLINE TRANSFORMERS_OFFLINE HF_HUB_DISABLE_PROGRESS_BARS
TSZOO_ZOO
"""

HUB = HubServer()
home = tempfile.TemporaryDirectory(prefix="tszoo-tests-")
atexit.register(home.cleanup)

os.environ["HF_ENDPOINT"] = HUB.endpoint
os.environ["HF_HOME"] = home.name
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"  # which this Hub does not speak
for name in UNSET.split():
    os.environ.pop(name, None)
