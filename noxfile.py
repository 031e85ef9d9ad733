"""The longer checks, each in an environment of its own: `nox --list`, then `nox -s NAME`.

`scripts/check` and `scripts/test` are what every change has to pass. What is here is for all Python
versions, the oldest dependencies, coverage, and what takes minutes. Words after `--` go to pytest.
"""

from __future__ import annotations

import re
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")
PROJECT = PYPROJECT["project"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
OLDEST = PYTHONS[0]

nox.options.sessions = ["checks", "tests", "lowest", "doctests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=OLDEST)
def checks(session: nox.Session) -> None:
    """Check style, formatting, types and layering."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on every Python version that is supported."""
    install(session)
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows."""
    pins = Path(session.create_tmp()) / "lowest.txt"
    pins.write_text("\n".join(lowest_pins()) + "\n", encoding="utf-8")
    session.install("-c", str(pins), "-e", ".[plot,tables,tensorboard]", *test_tools())
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(python=PYTHONS[-1])
def adapters(session: nox.Session) -> None:
    """Run the checks of aeon and sktime on tszoo.adapters, and read the files of both."""
    install(session)
    session.install(".[aeon,sktime]")
    files = ["tests/adapters", "tests/data/test_files_of_others.py"]
    session.run("pytest", *files, *session.posargs)


@nox.session(python=OLDEST)
def doctests(session: nox.Session) -> None:
    """Run the examples of docstrings, README, CONTRIBUTING and docs/."""
    install(session)
    examples = ("doctests", "readme", "docs", "pages_run", "examples")
    files = [f"tests/system/test_{name}.py" for name in examples]
    session.run("pytest", *files, "tests/nets/test_new_network.py", *session.posargs)


@nox.session(python=PYTHONS[1])
def docs(session: nox.Session) -> None:
    """Build the site of the documentation strictly, and test what it is made of."""
    install(session)
    session.install(".[docs]")
    files = ["tests/scripts/test_docs_site.py", "tests/scripts/test_draw_house.py"]
    session.run("pytest", *files, *session.posargs)


@nox.session(python=OLDEST)
def coverage(session: nox.Session) -> None:
    """Run the tests and fail below the floor that pyproject.toml sets."""
    install(session)
    session.run("pytest", "-n", "auto", "--cov", "--cov-report=term", *session.posargs)


@nox.session(python=OLDEST)
def slow(session: nox.Session) -> None:
    """Run the tests that take minutes; those on real data want TSZOO_ARCHIVE."""
    install(session)
    session.run("pytest", "-n", "auto", "-m", "slow", *session.posargs)


def install(session: nox.Session) -> None:
    """Install the package and its tools as scripts/setup does."""
    session.install("-c", "constraints.txt", "-e", ".[dev]")


def lowest_pins() -> list[str]:
    """Pin every dependency to the lower end of its range: ``numpy==1.26`` of ``numpy>=1.26``."""
    extras = PROJECT["optional-dependencies"]
    pins = []
    needed = [*extras["plot"], *extras["tables"], *extras["tensorboard"]]
    for requirement in [*PROJECT["dependencies"], *needed]:
        name, version = re.match(r"([\w.-]+)>=([\d.]+)", requirement).groups()
        pins.append(f"{name}=={version}")
    return pins


def test_tools() -> list[str]:
    """Select what runs the tests; the other tools of the dev extra want newer dependencies."""
    tools = PROJECT["optional-dependencies"]["dev"]
    return [tool for tool in tools if re.match(r"pytest|hypothesis", tool)]
