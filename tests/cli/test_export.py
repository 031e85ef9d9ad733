"""``tszoo export``, as people run it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.command_line import process, run
from tests.support.exported import exportable
from tests.support.universal import universal_model

pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "my-model"
    exportable().save(folder)
    return folder


def test_it_writes_a_file_that_runs(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "new/model.onnx"
    result = process("export", model, "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"wrote {out}; it differs from the model by ")
    assert [entry.name for entry in runtime.InferenceSession(out).get_inputs()] == ["series"]


def test_json_has_the_digest_of_the_weights(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    answer = json.loads(run("export", model, "--out", out, "--json").stdout)
    digest = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    assert answer["metadata"]["weights_sha256"] == digest
    assert answer["format"] == "onnx"
    assert answer["difference"] < 1e-5
    metadata = runtime.InferenceSession(out).get_modelmeta().custom_metadata_map
    assert metadata == answer["metadata"]


def test_bad_input_is_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "model.onnx"

    def refused(*arguments: object) -> str:
        (line,) = run("export", *arguments, status=1).stderr.splitlines()
        return line

    message = "with --format torch, give a name that ends in .pt2."
    assert refused(model, "--format", "torch", "--out", out).endswith(message)
    universal_model().save(tmp_path / "body")
    line = refused(tmp_path / "body", "--out", out)
    assert "a universal body has no classes, so no answers to export" in line
    assert not out.exists()
    out.write_text("before")
    assert refused(model, "--out", out).endswith("or pass --overwrite to replace it.")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    line = refused(model, "--out", out, "--overwrite")
    assert line.endswith('--format onnx needs onnxruntime: pip install "tszoo[onnx]"')
    assert out.read_text() == "before"


def test_the_page_runs_with_onnxruntime_alone(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = pages.DOCS / "export.md"
    (_, *onnx), (_, *torch), *_ = pages.block_commands(page)
    assert torch == ["export", "my-model", "--format", "torch", "--out", "my-model.pt2"]
    shutil.copytree(model, tmp_path / "my-model")
    monkeypatch.chdir(tmp_path)
    run(*onnx)
    alone, ours = pages.python_blocks(page)
    hidden = 'import sys\nsys.modules["torch"] = sys.modules["tszoo"] = None\n'
    done = subprocess.run([sys.executable, "-c", hidden + alone], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    exec(compile(ours, "export.md", "exec"), {})
