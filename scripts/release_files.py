"""What the files of a release say and hold: versions, the changelog, the two packages, the zoo.

scripts/release runs these checks. Nothing here runs a command or writes a file.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

MOST_BYTES = 100_000_000  # of one file on PyPI
# what is never in a package, wherever it lies
UNWANTED = re.compile(
    r"(^|/)(tests?|__pycache__|\.git|\.venv|\.training|runs|node_modules|\.\w+_cache)/|\.py[co]$"
)
LICENCES = ("LICENSE", "docs/sources.md", "tszoo/serving/page/static/htmx.LICENSE.txt")
OF_SDIST = {"PKG-INFO", ".gitignore", "pyproject.toml", "hatch_build.py", "constraints.txt"}
OF_SDIST |= {"README.md", "CHANGELOG.md", "CITATION.cff", "SECURITY.md", "LICENSE"}
OF_SDIST |= {"docs/sources.md"}
OF_DIST_INFO = {"METADATA", "WHEEL", "RECORD", "entry_points.txt"}
OF_DIST_INFO |= {f"licenses/{name}" for name in LICENCES}


def versions(checkout: Path) -> dict[str, str]:
    """Return the version that each file names: the package, the citation, the changelog."""
    patterns = {
        "tszoo/__init__.py": r'^__version__ = "([^"]+)"',
        "CITATION.cff": r"^version: (\S+)",
        "CHANGELOG.md": r"^## \[(\d[^\]]*)\]",
    }
    found = {}
    for name, pattern in patterns.items():
        match = re.search(pattern, (checkout / name).read_text(encoding="utf-8"), re.MULTILINE)
        found[name] = "none" if match is None else match.group(1)
    return found


def changelog_section(text: str, version: str) -> tuple[str, str]:
    """Return a section of the changelog: what stands behind its title, and its text.

    ``version`` is a version or ``Unreleased``. Both are empty if there is no such section.
    """
    title = rf"^## \[{re.escape(version)}\](?: - ([^\n]*))?\n"
    match = re.search(title + r"(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    if match is None:
        return "", ""
    behind, body = match.groups()
    return (behind or "").strip(), body.strip()


def open_ends(text: str, version: str) -> list[str]:
    """List what has to be done before the changelog's section of a version is closed."""
    date, body = changelog_section(text, version)
    _, waiting = changelog_section(text, "Unreleased")
    ends = []
    if not body:
        ends.append(f"CHANGELOG.md has no section [{version}], or an empty one")
    elif not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        ends.append(f"the section [{version}] has {date or 'nothing'} where its date belongs")
    if re.search(r"^- ", waiting, re.MULTILINE):
        n = len(re.findall(r"^- ", waiting, re.MULTILINE))
        ends.append(f"{n} entries stand under [Unreleased]")
    return ends


def read_wheel(path: Path) -> dict[str, bytes]:
    """Read all files of a wheel."""
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        return {name: packed.read(name) for name in names}


def read_sdist(path: Path) -> dict[str, bytes]:
    """Read all files of a source archive, without the folder that they lie in."""
    files = {}
    with tarfile.open(path) as packed:
        for member in packed:
            content = packed.extractfile(member)
            if content is not None:
                files[member.name.partition("/")[2]] = content.read()
    return files


def expected_of_wheel(sources: Mapping[str, bytes], version: str) -> dict[str, bytes | None]:
    """Say what a wheel has to hold, by name: a file's bytes, or None where the build makes them.

    ``sources`` are the files of the checkout, by their paths in it.
    """
    info = f"tszoo-{version}.dist-info"
    expected: dict[str, bytes | None] = {f"{info}/{name}": None for name in OF_DIST_INFO}
    for name, content in sources.items():
        if name.startswith("tszoo/"):
            expected[name] = content
        elif name.startswith("cards/"):
            expected[f"tszoo/{name}"] = content
    for name in LICENCES:
        expected[f"{info}/licenses/{name}"] = sources.get(name)
    return expected


def expected_of_sdist(sources: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """Say what a source archive has to hold, as ``expected_of_wheel`` does."""
    own = {name: text for name, text in sources.items() if name.startswith(("tszoo/", "cards/"))}
    return {name: sources.get(name) for name in OF_SDIST} | own


def faults(found: Mapping[str, bytes], expected: Mapping[str, bytes | None]) -> list[str]:
    """List what is wrong with the files of a package."""
    wrong = [f"{name} does not belong there" for name in sorted(found) if UNWANTED.search(name)]
    wrong += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    more = sorted(found.keys() - expected.keys())
    wrong += [f"{name} is not one of the checkout's" for name in more if not UNWANTED.search(name)]
    for name in sorted(found.keys() & expected.keys()):
        if expected[name] is not None and found[name] != expected[name]:
            wrong.append(f"{name} differs from the checkout's")
    return wrong


def zoo_digest(files: Mapping[str, bytes], root: str) -> str:
    """Return the SHA-256 of a zoo: of the names and digests of all files below a folder."""
    digest = hashlib.sha256()
    for name in sorted(files):
        if name.startswith(root):
            of_file = hashlib.sha256(files[name]).hexdigest()
            digest.update(f"{of_file}  {name.removeprefix(root)}\n".encode())
    return digest.hexdigest()


def commands_of(readme: str) -> list[str]:
    """Return the commands in README's table, each once, in its order."""
    table = readme.partition("\n## Commands\n")[2].partition("\n## ")[0]
    return list(dict.fromkeys(re.findall(r"`tszoo ([a-z-]+)", table)))


def block_of_your_data(readme: str) -> str:
    """Return README's block of commands on one's own data."""
    section = readme.partition("\n## Your data\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\w*\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return next((block for block in blocks if block.startswith("tszoo ")), "")


def first_few(lines: Iterable[str], most: int = 3) -> str:
    """Join lines into one: the first of them, and how many more there are."""
    lines = list(lines)
    more = f"; and {len(lines) - most} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
