"""The steps of a release, in their order.

Each takes a Release and a file for long output, and returns one line that says what it found. It
raises StepError where it found something that must not be released. A step needs nothing of an
earlier one but the files that it has left.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import sys
from pathlib import Path

from release_files import (
    MOST_BYTES,
    block_of_your_data,
    changelog_section,
    commands_of,
    expected_of_sdist,
    expected_of_wheel,
    faults,
    first_few,
    open_ends,
    read_sdist,
    read_wheel,
    versions,
    zoo_digest,
)
from release_gate import ROOT, made_up_csv
from release_pythons import install_everywhere, pip_of
from release_run import Release, StepError, run

DIGEST = Path("scripts/zoo.sha256")


def clone(release: Release, log: Path) -> str:
    """Clone what is committed."""
    shutil.rmtree(release.clone, ignore_errors=True)
    run(log, "git", "clone", "--quiet", "--no-local", ROOT, release.clone, cwd=release.folder)
    commit = run(log, "git", "log", "-1", "--format=%h %s", cwd=release.clone).strip()
    changed = run(log, "git", "status", "--porcelain", cwd=ROOT).splitlines()
    if changed and release.final:
        raise StepError(f"{len(changed)} changes are not committed, and would not be released")
    note = f"; {len(changed)} changes that are not committed stay out" if changed else ""
    return f"{len(sources(release, log))} files of {commit}{note}"


def sources(release: Release, log: Path) -> dict[str, bytes]:
    """Read every file that is committed."""
    listed = run(log, "git", "ls-files", "-z", cwd=release.clone)
    return {name: (release.clone / name).read_bytes() for name in filter(None, listed.split("\0"))}


def version(release: Release, log: Path) -> str:
    """Compare the versions that the files name, and look for a tag of that name."""
    named = versions(release.clone)
    if len(set(named.values())) > 1:
        shown = ", ".join(f"{name} says {value}" for name, value in named.items())
        raise StepError(f"the files name several versions: {shown}")
    tag = f"v{release.version}"
    if run(log, "git", "tag", "--list", tag, cwd=release.clone).strip():
        of_tag = run(log, "git", "rev-list", "-n", "1", tag, cwd=release.clone)
        if of_tag != run(log, "git", "rev-parse", "HEAD", cwd=release.clone):
            raise StepError(f"the tag {tag} is another commit's: choose the next version")
    return f"{release.version}, in {', '.join(named)}"


def changelog(release: Release, log: Path) -> str:
    """Write the notes of the release, and see whether the changelog is closed."""
    text = (release.clone / "CHANGELOG.md").read_text(encoding="utf-8")
    ends = open_ends(text, release.version)
    if ends and release.final:
        raise StepError(f"the changelog is not closed: {'; '.join(ends)}")
    date, body = changelog_section(text, release.version)
    notes = release.folder / "notes.md"
    notes.write_text(body + "\n", encoding="utf-8")
    log.write_text(body + "\n", encoding="utf-8")
    if ends:
        return f"NOT CLOSED YET, which --final refuses: {'; '.join(ends)}"
    return f"{len(body.split())} words of {date}, in {notes.name}"


def build(release: Release, log: Path) -> str:
    """Build the source archive, and the wheel from it."""
    dist = release.wheel.parent
    shutil.rmtree(dist, ignore_errors=True)
    run(log, sys.executable, "-m", "build", "--outdir", dist, release.clone, cwd=release.folder)
    sizes = []
    for path in (release.sdist, release.wheel):
        if not path.exists():
            raise StepError(f"{path.name} was not built")
        n_bytes = path.stat().st_size
        sizes.append(f"{path.name} {n_bytes / 1e6:.1f} MB")
        if n_bytes > MOST_BYTES:
            raise StepError(f"{sizes[-1]}: PyPI takes {MOST_BYTES / 1e6:.0f} MB at most")
    return ", ".join(sizes)


def contents(release: Release, log: Path) -> str:
    """Compare what is in the two packages with what is committed, byte for byte."""
    checkout = sources(release, log)
    wheel, sdist = read_wheel(release.wheel), read_sdist(release.sdist)
    wrong = faults(wheel, expected_of_wheel(checkout, release.version))
    wrong += [f"sdist: {text}" for text in faults(sdist, expected_of_sdist(checkout))]
    log.write_text("\n".join([*wrong, "", *sorted(wheel), "", *sorted(sdist)]), encoding="utf-8")
    if wrong:
        raise StepError(f"the packages hold something else: {first_few(wrong)} (all: {log})")
    page = sum(name.startswith("tszoo/serving/page/") and name[-3:] != ".py" for name in wheel)
    models = sum(name.startswith("tszoo/cards/") and "config.json" in name for name in wheel)
    licences = sum(".dist-info/licenses/" in name for name in wheel)
    return (
        f"wheel {len(wheel)} files as committed: {models} models, {page} files of the page, "
        f"{licences} licences; sdist {len(sdist)}; no tests, no caches"
    )


def twine(release: Release, log: Path) -> str:
    """Check what the package index will read."""
    words = (sys.executable, "-m", "twine", "check", "--strict", release.sdist, release.wheel)
    said = run(log, *words, cwd=release.folder)
    return f"{said.count('PASSED')} files passed twine check --strict"


def zoo(release: Release, log: Path) -> str:
    """Compare the digest of the wheel's zoo with the clone's, and with the one on record."""
    digest = zoo_digest(read_wheel(release.wheel), "tszoo/cards/")
    if digest != zoo_digest(sources(release, log), "cards/"):
        raise StepError(f"the wheel's zoo is {digest}, the clone's is another")
    record = release.clone / DIGEST
    if not record.exists():
        return f"sha256 {digest}; none is on record in {DIGEST}"
    recorded = record.read_text(encoding="utf-8").strip()
    if digest != recorded:
        raise StepError(f"the zoo is {digest}, {DIGEST} says {recorded}")
    return f"sha256 {digest}, as {DIGEST} says"


def install(release: Release, log: Path) -> str:
    """Install the wheel, by itself, on every Python that is found."""
    said = install_everywhere(release, log)
    if not release.tszoo().exists():
        raise StepError(f"the wheel is not installed on the Python that runs: {said}")
    return said


def sbom(release: Release, log: Path) -> str:
    """Write the bill of materials of the environment that the wheel has made."""
    python = release.environment() / "bin" / "python"
    words = (sys.executable, "-m", "cyclonedx_py", "environment", python)
    words += ("--pyproject", subject(release), "--mc-type", "library")
    words += ("--output-format", "JSON", "--output-reproducible", "--output-file", release.sbom)
    run(log, *words, cwd=release.folder)
    bill = json.loads(release.sbom.read_text(encoding="utf-8"))
    about, parts = bill["metadata"]["component"], bill["components"]
    if (about["name"], about.get("version")) != ("tszoo", release.version):
        raise StepError(f"{release.sbom.name} is not about tszoo {release.version}")
    if "torch" not in {part["name"] for part in parts}:
        raise StepError(f"{release.sbom.name} lacks torch, which tszoo needs")
    unlicensed = [part["name"] for part in parts if not part.get("licenses")]
    note = f"; no licence told by {', '.join(unlicensed)}" if unlicensed else ", all with a licence"
    return f"{release.sbom.name}: CycloneDX {bill['specVersion']}, {len(parts)} packages{note}"


def subject(release: Release) -> Path:
    """Write pyproject.toml with the version that the build takes from the package."""
    text = (release.clone / "pyproject.toml").read_text(encoding="utf-8")
    path = new_folder(release.folder / "sbom") / "pyproject.toml"
    named = f'version = "{release.version}"'
    path.write_text(re.sub(r"^dynamic = .*$", named, text, flags=re.MULTILINE), encoding="utf-8")
    return path


def gate(release: Release, log: Path) -> str:
    """Have the release gate check every model of the installed wheel against its card."""
    words = [sys.executable, release.clone / "scripts" / "release_gate.py"]
    words += ["--environment", release.environment()]
    if release.archive is not None:
        words += ["--archive", release.archive.resolve()]
    elif release.final:
        raise StepError("accuracies are checked before a release: name the archive, --archive DIR")
    said = run(log, *words, cwd=release.folder)
    [line] = [line for line in said.splitlines() if "accuracies reproduced" in line]
    return line


def readme(release: Release, log: Path) -> str:
    """Run README's commands from the wheel: --help of all, and those on one's own data."""
    text = (release.clone / "README.md").read_text(encoding="utf-8")
    commands, block = commands_of(text), block_of_your_data(text)
    if not commands or not block:
        raise StepError("README has no table of commands, or no block of them on your data")
    work = new_folder(release.folder / "readme")
    for command in commands:
        run(log, release.tszoo(), command, "--help", cwd=work)
    for name in ("my.csv", "held-out.csv"):
        made_up_csv(work / name)
    unlabelled_csv(work / "new.csv")
    path = f"{release.tszoo().parent}{os.pathsep}{os.environ['PATH']}"
    run(log, "bash", "-euxo", "pipefail", "-c", block, cwd=work, environment={"PATH": path})
    n_lines = len(block.splitlines())
    return f"{len(commands)} commands answer --help, {n_lines} ran on a made-up CSV file"


def unlabelled_csv(path: Path) -> None:
    """Write three series without labels."""
    lines = []
    for period in (10, 25, 11):
        wave = [math.sin(t * 2 * math.pi / period) for t in range(60)]
        lines.append(",".join(f"{value:.4f}" for value in wave))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def publish(release: Release, log: Path) -> str:
    """Publish the whole zoo to a Hub on this machine, and list it from there."""
    sys.path.insert(0, str(ROOT))
    from tests.support.hub_server import HubServer

    work = new_folder(release.folder / "publish")
    python = with_figures(release, work, log)
    token = "hf_" + secrets.token_hex(17)
    with HubServer() as hub:
        hub.add_user("ada", token, orgs=("zoo",))
        said = published(release, log, python, hub_environment(hub.endpoint, token, work))
        n_repos, errors = len(hub.repo_names()), list(hub.failures)
    n_models = len(list((release.clone / "cards").glob("*/config.json")))
    if n_repos != n_models + 1 or errors:
        raise StepError(f"{n_models} models made {n_repos} repositories; errors: {errors}")
    return said


def with_figures(release: Release, work: Path, log: Path) -> Path:
    """Add matplotlib, which draws for cards, above the wheel's environment; return its Python.

    The wheel's own environment stays as it is, for whoever goes back to an earlier step.
    """
    above = work / "environment"
    run(log, sys.executable, "-m", "venv", "--without-pip", above, cwd=work)
    [own] = above.glob("lib/*/site-packages")
    [below] = release.environment().glob("lib/*/site-packages")
    (own / "below.pth").write_text(f"{below}\n", encoding="utf-8")
    run(log, *pip_of(above, release), f"{release.wheel}[plot]", cwd=work)
    return above / "bin" / "python"


def published(release: Release, log: Path, python: Path, hub: dict[str, str]) -> str:
    """Publish the zoo to the Hub that the variables name; return what was sent and is listed."""

    def tszoo(*words: str | Path) -> str:
        return run(log, python, "-m", "tszoo", *words, cwd=release.folder, environment=hub)

    cards = release.clone / "cards"
    words = ("publish", "--zoo", cards, "zoo", "--tag", f"v{release.version}")
    would = tszoo(*words, "--dry-run").splitlines()[-1]
    tszoo(*words)
    again = tszoo(*words, "--dry-run").splitlines()[-1]
    if not again.endswith(" to 0 repositories"):
        raise StepError(f"what was published would be sent again: {again}")
    there, here = (
        {model["model"] for model in json.loads(tszoo("list", "--zoo", zoo, "--json"))["models"]}
        for zoo in ("hf://zoo", cards)
    )
    if there != here:
        raise StepError(f"the Hub does not list {first_few(sorted(here ^ there))}")
    return f"{would} of a Hub on this machine; sent, tagged, {len(there)} models listed there"


def hub_environment(endpoint: str, token: str, work: Path) -> dict[str, str]:
    """Return the variables that lead the Hub's client to that Hub, and to no other."""
    return {
        "HF_ENDPOINT": endpoint,
        "HF_TOKEN": token,
        "HF_HOME": str(work / "home"),
        "HF_HUB_CACHE": str(work / "cache"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
    }


def new_folder(path: Path) -> Path:
    """Make an empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


STEPS = {
    step.__name__: step
    for step in (
        clone,
        version,
        changelog,
        build,
        contents,
        twine,
        zoo,
        install,
        sbom,
        gate,
        readme,
        publish,
    )
}
