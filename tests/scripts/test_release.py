"""scripts/release: what it reads in the files of a release, how it walks; slow, all of it."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import release
import release_files
import release_pythons
import release_run
import release_steps
from filelock import FileLock

from tests.support.places import ROOT

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- One thing,
  told in two lines.
- Another.

## [0.2.0] - 2026-11-28

### Fixed

- A third.

## [0.1.0] - unreleased

- The first.
"""
SOURCES = {
    "LICENSE": b"licence",
    "README.md": b"readme",
    "docs/sources.md": b"sources",
    "tszoo/__init__.py": b'__version__ = "0.2.0"\n',
    "tszoo/serving/page/static/htmx.LICENSE.txt": b"htmx",
    "tszoo/serving/page/templates/base.html": b"<html>",
    "cards/one/config.json": b"{}",
    "tests/test_one.py": b"",
}
INFO = "tszoo-0.2.0.dist-info"


def fake_wheel(folder: Path, **changes: bytes | None) -> Path:
    """A wheel as it is built of SOURCES, with other files than those, or without them."""
    files = {name: SOURCES[name] for name in SOURCES if name.startswith("tszoo/")}
    files["tszoo/cards/one/config.json"] = SOURCES["cards/one/config.json"]
    for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt"):
        files[f"{INFO}/{name}"] = b"made by the build"
    for name in release_files.LICENCES:
        files[f"{INFO}/licenses/{name}"] = SOURCES[name]
    path = folder / "tszoo-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in (files | changes).items():
            if content is not None:
                packed.writestr(name, content)
    return path


def faults_of_wheel(folder: Path, **changes: bytes | None) -> list[str]:
    found = release_files.read_wheel(fake_wheel(folder, **changes))
    return release_files.faults(found, release_files.expected_of_wheel(SOURCES, "0.2.0"))


def test_a_wheel_of_what_is_committed_is_right(tmp_path):
    assert faults_of_wheel(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("tszoo/serving/page/templates/base.html", None, "is missing"),
        ("tszoo/cards/one/config.json", None, "is missing"),
        (f"{INFO}/licenses/docs/sources.md", None, "is missing"),
        ("tszoo/cards/one/config.json", b"{ }", "differs from the checkout's"),
        ("tszoo/notes.txt", b"", "is not one of the checkout's"),
        ("tests/test_one.py", b"", "does not belong there"),
        ("tszoo/data/tests/series.csv", b"", "does not belong there"),
        ("tszoo/__pycache__/text.cpython-311.pyc", b"", "does not belong there"),
        ("tszoo/.ruff_cache/x", b"", "does not belong there"),
    ],
)
def test_each_fault_of_a_wheel_is_named(tmp_path, name, content, fault):
    assert faults_of_wheel(tmp_path, **{name: content}) == [f"{name} {fault}"]


def test_a_cache_that_is_committed_does_not_belong_into_a_wheel_either(tmp_path):
    name = "tszoo/__pycache__/text.pyc"
    expected = release_files.expected_of_wheel(SOURCES | {name: b""}, "0.2.0")
    found = release_files.read_wheel(fake_wheel(tmp_path, **{name: b""}))
    assert release_files.faults(found, expected) == [f"{name} does not belong there"]


def test_a_source_archive_is_read_without_its_folder(tmp_path):
    path = tmp_path / "tszoo-0.2.0.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for name in ("tszoo/__init__.py", "tests/test_one.py"):
            member = tarfile.TarInfo(f"tszoo-0.2.0/{name}")
            member.size = len(SOURCES[name])
            packed.addfile(member, io.BytesIO(SOURCES[name]))
    found = release_files.read_sdist(path)
    assert found == {name: SOURCES[name] for name in ("tszoo/__init__.py", "tests/test_one.py")}
    wrong = release_files.faults(found, release_files.expected_of_sdist(SOURCES))
    assert wrong[0] == "tests/test_one.py does not belong there"
    assert "cards/one/config.json is missing" in wrong
    assert "PKG-INFO is missing" in wrong


def test_a_section_of_the_changelog():
    assert release_files.changelog_section(CHANGELOG, "0.2.0") == (
        "2026-11-28",
        "### Fixed\n\n- A third.",
    )
    assert release_files.changelog_section(CHANGELOG, "0.1.0") == ("unreleased", "- The first.")
    assert release_files.changelog_section(CHANGELOG, "0.2") == ("", "")


def test_what_is_open_in_the_changelog():
    waiting = "2 entries stand under [Unreleased]"
    assert release_files.open_ends(CHANGELOG, "0.2.0") == [waiting]
    assert release_files.open_ends(CHANGELOG, "0.1.0") == [
        "the section [0.1.0] has unreleased where its date belongs",
        waiting,
    ]
    assert release_files.open_ends(CHANGELOG, "3.0.0") == [
        "CHANGELOG.md has no section [3.0.0], or an empty one",
        waiting,
    ]
    closed = re.sub(r"- One.*Another\.\n\n", "", CHANGELOG, flags=re.DOTALL)
    assert release_files.open_ends(closed, "0.2.0") == []


def checkout(folder: Path, version: str = "0.2.0", cited: str = "0.2.0") -> Path:
    """The files of a checkout that name a version."""
    (folder / "tszoo").mkdir(parents=True)
    (folder / "tszoo" / "__init__.py").write_text(f'"""It."""\n\n__version__ = "{version}"\n')
    (folder / "CITATION.cff").write_text(f"cff-version: 1.2.0\nversion: {cited}\n")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    return folder


def committed(folder: Path) -> None:
    """Make a repository of a folder."""
    names = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*names, "commit", "-qm", "All")):
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_versions_have_to_agree(tmp_path):
    made = release_run.Release(tmp_path)
    committed(checkout(made.clone))
    log = tmp_path / "log.txt"
    said = release_steps.version(made, log)
    assert said == "0.2.0, in tszoo/__init__.py, CITATION.cff, CHANGELOG.md"
    other = release_run.Release(tmp_path / "other")
    checkout(other.clone, cited="0.1.0")
    with pytest.raises(release_run.StepError, match=r"CITATION.cff says 0.1.0, CHANGELOG"):
        release_steps.version(other, log)


def test_a_version_whose_tag_is_taken_is_refused(tmp_path):
    made = release_run.Release(tmp_path)
    committed(checkout(made.clone))
    log = tmp_path / "log.txt"
    subprocess.run(["git", "tag", "v0.2.0"], cwd=made.clone, check=True)
    assert release_steps.version(made, log).startswith("0.2.0, ")
    (made.clone / "more.txt").write_text("more")
    committed(made.clone)
    with pytest.raises(release_run.StepError, match=r"v0.2.0 is another commit's"):
        release_steps.version(made, log)


@pytest.mark.parametrize("final", [False, True])
def test_an_open_changelog_ends_a_release_and_not_a_dry_run(tmp_path, final):
    made = release_run.Release(tmp_path, final=final)
    checkout(made.clone)
    log = tmp_path / "log.txt"
    if final:
        with pytest.raises(release_run.StepError, match=r"not closed: 2 entries stand under"):
            release_steps.changelog(made, log)
    else:
        assert "2 entries" in release_steps.changelog(made, log)
        assert (tmp_path / "notes.md").read_text() == "### Fixed\n\n- A third.\n"


def test_the_digest_of_a_zoo_is_that_of_sha256sum(tmp_path):
    files = {"cards/b/x": b"1", "cards/a": b"2", "other": b"3"}
    lines = [f"{hashlib.sha256(files[f'cards/{k}']).hexdigest()}  {k}\n" for k in ("a", "b/x")]
    twin = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert release_files.zoo_digest(files, "cards/") == twin
    moved = {name.replace("cards/", "tszoo/cards/"): text for name, text in files.items()}
    assert release_files.zoo_digest(moved, "tszoo/cards/") == twin
    assert release_files.zoo_digest(files | {"cards/a": b"3"}, "cards/") != twin


@pytest.mark.parametrize("recorded", [None, "right", "wrong"])
def test_a_digest_on_record_is_compared(tmp_path, recorded):
    made = release_run.Release(tmp_path)
    checkout(made.clone)
    for name, content in SOURCES.items():
        (made.clone / name).parent.mkdir(parents=True, exist_ok=True)
        (made.clone / name).write_bytes(content)
    digest = release_files.zoo_digest(SOURCES, "cards/")
    if recorded is not None:
        (made.clone / "scripts").mkdir()
        text = digest if recorded == "right" else "0" * 64
        (made.clone / "scripts" / "zoo.sha256").write_text(text + "\n")
    committed(made.clone)
    made.wheel.parent.mkdir()
    fake_wheel(made.wheel.parent)
    log = tmp_path / "log.txt"
    if recorded == "wrong":
        with pytest.raises(release_run.StepError, match=f"{digest}, scripts/zoo.sha256 says 000"):
            release_steps.zoo(made, log)
    else:
        ends = {None: "none is on record", "right": "as scripts/zoo.sha256 says"}
        assert ends[recorded] in release_steps.zoo(made, log)


def test_readme_names_its_commands_and_the_block_on_your_data():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = release_files.commands_of(text)
    assert {"list", "info", "finetune", "serve", "transfer-matrix", "warmup"} <= set(commands)
    assert len(commands) == len(set(commands))
    block = release_files.block_of_your_data(text).splitlines()
    assert [line.split()[1] for line in block] == [
        "recommend",
        "finetune",
        "finetune",
        "evaluate",
        "predict",
    ]


def test_the_licences_that_are_looked_for_are_those_of_the_package():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (line,) = re.findall(r"^license-files = (.*)$", pyproject, re.MULTILINE)
    assert re.findall(r'"([^"]+)"', line) == list(release_files.LICENCES)
    assert [name for name in release_files.LICENCES if not (ROOT / name).is_file()] == []


def test_the_bill_of_materials_is_about_the_version_of_the_package(tmp_path):
    made = release_run.Release(tmp_path)
    checkout(made.clone, version="7.8.9")
    shutil.copy(ROOT / "pyproject.toml", made.clone)
    text = release_steps.subject(made).read_text(encoding="utf-8")
    assert '\nname = "tszoo"\nversion = "7.8.9"\ndescription = ' in text


def test_a_release_checks_accuracies_and_a_dry_run_may_not(tmp_path, monkeypatch):
    asked = []

    def run(log, *words, cwd):
        asked.append([str(word) for word in words])
        return "passed\n85 models, 0 accuracies reproduced, 0 failed\n"

    monkeypatch.setattr(release_steps, "run", run)
    made = release_run.Release(tmp_path, final=True)
    with pytest.raises(release_run.StepError, match=r"name the archive, --archive DIR"):
        release_steps.gate(made, tmp_path / "log.txt")
    assert asked == []
    for changes in ({"final": False}, {"archive": tmp_path}):
        said = release_steps.gate(replace(made, **changes), tmp_path / "log.txt")
        assert said == "85 models, 0 accuracies reproduced, 0 failed"
    assert "--archive" not in asked[0]
    assert asked[1][-2:] == ["--archive", str(tmp_path)]


@pytest.mark.parametrize(
    ("needed", "cuda"),
    [
        ("filelock", False),
        ("nvidia-nvjitlink==1; python_version > '3'", True),
        ("cuda-bindings<14; python_version > '3'", True),
        ("nvidia-nccl==2; python_version < '3'", False),
        ("nvidia-nccl==2; extra == 'all'", False),
    ],
)
def test_a_torch_that_brings_cuda_is_told_by_what_it_needs(needed, cuda):
    report = {"install": [{"metadata": {"requires_dist": ["sympy", needed]}}]}
    assert release_pythons.needs_cuda(report) == cuda
    assert not release_pythons.needs_cuda({"install": [{"metadata": {}}]})


def test_the_running_python_is_found_and_a_made_up_one_is_not():
    running = release_run.running_python()
    assert release_pythons.find_python(running) is not None
    assert release_pythons.find_python("3.999") is None


def test_a_walk_ends_at_the_first_step_that_fails_and_goes_on_there(tmp_path, capsys):
    done = []

    def works(made, log):
        done.append(log.name)
        return "all well"

    def fails(made, log):
        raise release_run.StepError("two things differ")

    made = release_run.Release(tmp_path)
    steps = {"one": works, "two": fails, "three": works}
    assert release.walk(made, steps) == 1
    assert capsys.readouterr().out.splitlines() == [
        "one        all well (0 s)",
        "two        FAILED: two things differ",
        "go on with --from two; without it, what is committed until then is released",
    ]
    assert done == ["one.txt"]
    steps["two"] = works
    assert release.walk(made, steps, "two") == 0
    assert done == ["one.txt", "two.txt", "three.txt"]


def test_two_runs_do_not_make_a_release_in_one_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(release, "STEPS", {"first": lambda *_: "done"})
    monkeypatch.setattr(sys, "argv", ["release", "--out", str(tmp_path / "here")])
    with FileLock(tmp_path / ".here.lock"):
        assert release.main() == 1
    assert "another run makes a release there" in capsys.readouterr().out
    assert release.main() == 0


def test_a_final_run_goes_on_with_no_clone_of_another_commit(tmp_path, monkeypatch, capsys):
    root = checkout(tmp_path / "root")
    committed(root)
    monkeypatch.setattr(release, "ROOT", root)
    made = release_run.Release(tmp_path / "made", final=True)
    (made.folder / "logs").mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", root, made.clone], check=True)
    release.goes_on(made)
    assert capsys.readouterr().out == ""
    (root / "more.txt").write_text("more")
    committed(root)
    with pytest.raises(release_run.StepError, match=r"start again without --from"):
        release.goes_on(made)
    release.goes_on(replace(made, final=False))
    assert capsys.readouterr().out.startswith("the clone is of another commit")


def test_a_command_that_fails_is_one_line_and_the_rest_is_in_a_file(tmp_path):
    log = tmp_path / "log.txt"
    words = (sys.executable, "-c", "import sys; print('much'); sys.exit('it is so')")
    with pytest.raises(release_run.StepError) as caught:
        release_run.run(log, *words, cwd=tmp_path)
    assert str(caught.value).endswith(f"ended with status 1: it is so (all of it: {log})")
    assert "much\n" in log.read_text()


def test_the_options(capsys):
    options = release.parse(["--from", "gate", "--archive", "there"])
    assert (options.first, options.archive, options.final) == ("gate", Path("there"), False)
    for words in (["--dry-run", "--final"], ["--from", "nowhere"]):
        with pytest.raises(SystemExit):
            release.parse(words)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_dry_run_of_what_is_committed(tmp_path):
    for tool in ("build.util", "cyclonedx_py", "twine"):  # the folder build is no tool
        pytest.importorskip(tool)
    words = [sys.executable, ROOT / "scripts" / "release.py", "--out", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == list(release_steps.STEPS)
    assert lines[-1].startswith("a dry run: nothing was made public")
