"""What the Hub's client says of its attempts is kept from users."""

from __future__ import annotations

import logging

import pytest

from tests.support.hub_server import Request
from tests.support.hub_walks import Clock
from tests.support.tiny import make_model
from tszoo.errors import ZooError
from tszoo.models.model import Model
from tszoo.publishing.options import Options
from tszoo.publishing.publish import publish_loaded
from tszoo.zoo.hub.client_log import quieten

REPO = "zoo/model"


def is_download(request: Request) -> bool:
    return request.origin == "storage" and request.method == "GET"


def test_a_cut_transfer_is_one_line(hub, caplog, monkeypatch) -> None:
    publish_loaded(make_model(), REPO, Options())
    Clock().replace_in(monkeypatch)
    hub.fault("truncated", is_download, times=None)
    caplog.clear()
    with pytest.raises(ZooError) as caught:
        Model.load(f"hf://{REPO}")
    assert "\n" not in str(caught.value)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("said", "is_shown"),
    [
        ("Error while downloading from http://x/y?sig=1: cut\nTrying to resume download...", False),
        ("'ConnectError' thrown while requesting GET http://x/y?sig=1", False),
        ("HTTP Error 500 thrown while requesting PUT http://x/y?sig=1", False),
        ("Retrying in 1s [Retry 1/5].", False),
        ("Rate limited. Waiting 301s before retry [Retry 1/5].", True),
        ("Something else of http://x/y?sig=1", True),
    ],
)
def test_only_attempts_are_left_out(caplog, said: str, is_shown: bool) -> None:
    quieten()
    quieten()
    with caplog.at_level(logging.INFO):
        logging.getLogger("huggingface_hub.utils._http").warning("%s", said)
    shown = [record.getMessage() for record in caplog.records]
    assert shown == [said.replace("?sig=1", "")] * is_shown
