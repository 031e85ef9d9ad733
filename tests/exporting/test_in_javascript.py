"""The blocks of docs/export.md, by node and by a browser, with onnxruntime-web.

``TSZOO_NODE_MODULES`` names a folder that holds onnxruntime-web; what fetches it is slow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.support import pages
from tests.support.browser import BROWSER, FLAGS
from tests.support.exported import at_levels, exportable
from tszoo.data import Dataset
from tszoo.exporting import export_model
from tszoo.models.model import Model

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NAMED = os.environ.get("TSZOO_NODE_MODULES")
MODULE, PAGE = (
    next(text for kind, text in pages.blocks(pages.DOCS / "export.md") if kind == language)
    for language in ("js", "html")
)
IN_NODE = """
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { classify } from "./classify.mjs";
const batches = JSON.parse(readFileSync("batches.json"));
const session = await ort.InferenceSession.create("my-model.onnx");
const answers = [];
for (const batch of batches) answers.push(await classify(session, batch));
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="module", params=["named", pytest.param("fetched", marks=pytest.mark.slow)])
def modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "named":
        if NAMED is None:
            pytest.skip("TSZOO_NODE_MODULES names no folder with onnxruntime-web")
        return Path(NAMED).resolve()
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--prefix", folder, "--ignore-scripts", "onnxruntime-web"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm could not fetch onnxruntime-web: {done.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def site(modules: Path, tmp_path: Path) -> Path:
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "classify.mjs").write_text(MODULE)
    (tmp_path / "index.html").write_text(PAGE)
    return tmp_path


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("unequal", [False, True])
def test_node_says_what_the_model_says(unequal: bool, site: Path) -> None:
    model = exportable("inception", levels=True, unequal=unequal, members=2)
    export_model(model, site / "my-model.onnx")
    batches = [batch(size, unequal) for size in (1, 7)]
    lists = [[series.tolist() for series in each] for each in batches]
    (site / "batches.json").write_text(json.dumps(lists))
    (site / "run.mjs").write_text(IN_NODE)
    command = ["node", "run.mjs"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=True)
    answers = [np.array(answer) for answer in json.loads(done.stdout)]
    expected = [said(model, each) for each in batches]
    for ours, theirs in zip(answers, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert np.concatenate(expected).std() > 0.05


@pytest.mark.skipif(BROWSER is None, reason="needs chromium")
def test_the_page_in_a_browser(site: Path) -> None:
    model = exportable()
    exported = export_model(model, site / "my-model.onnx")
    (site / "my-model.json").write_text(json.dumps({"metadata": exported.facts}))
    with served(site) as address:
        drawn = subprocess.run(
            [
                BROWSER,
                *FLAGS,
                f"--user-data-dir={site / 'browser'}",
                "--virtual-time-budget=60000",
                "--dump-dom",
                address,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    wave = np.sin(np.arange(model.config.length) / 5, dtype=np.float64)
    (label,) = model.predict(np.stack([wave] * 2)[None].astype(np.float32))
    assert f'<p id="answer">{label}</p>' in drawn


def batch(size: int, unequal: bool) -> list[np.ndarray]:
    series = at_levels(2, size, 24, seed=size).series
    ends = np.random.default_rng(0).integers(3, 25, size) if unequal else [24] * size
    return [values[:, :end] for values, end in zip(series, ends, strict=True)]


def said(model: Model, series: list[np.ndarray]) -> np.ndarray:
    unequal = model.config.preprocessing.unequal
    return model.predict_proba(Dataset.from_arrays(series, unequal=unequal, layout="NCT"))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
