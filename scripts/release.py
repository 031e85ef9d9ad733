"""Make a release from a clean clone, step by step, without making anything public.

Each step prints one line that says what it found; its long output goes to build/release/logs. The
first step that fails ends it, and --from STEP goes on there. Files to publish lie in
build/release/dist then, the bill of materials and the notes beside it. docs/releasing.md says what
makes them public. Without --final it is a dry run: the changelog may be open, and accuracies are
not checked unless --archive is given.

Example: scripts/release --from gate --archive UCRArchive_2018
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock, Timeout
from release_gate import ROOT
from release_run import Release, StepError, run
from release_steps import STEPS

Step = Callable[[Release, Path], str]


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--dry-run", action="store_true", help="the same as without an option")
    kind.add_argument(
        "--final",
        action="store_true",
        help="refuse what a dry run only mentions: an open changelog, changes that are not "
        "committed, accuracies that are not checked",
    )
    parser.add_argument(
        "--from", dest="first", metavar="STEP", choices=STEPS, help=f"one of {', '.join(STEPS)}"
    )
    parser.add_argument("--archive", type=Path, help="folder of data set folders")
    parser.add_argument(
        "--out", type=Path, default=Release.folder, help="another folder than build/release"
    )
    return parser.parse_args(words)


def walk(release: Release, steps: Mapping[str, Step], first: str | None = None) -> int:
    """Do the steps from ``first`` on, until one fails; return the exit status."""
    logs = release.folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    names = list(steps)
    for name in names[names.index(first or names[0]) :]:
        begun = time.monotonic()
        log = logs / f"{name}.txt"
        log.unlink(missing_ok=True)
        try:
            found = steps[name](release, log)
        except StepError as error:
            print(f"{name:<10} FAILED: {error}", flush=True)
            print(f"go on with --from {name}; without it, what is committed until then is released")
            return 1
        print(f"{name:<10} {found} ({time.monotonic() - begun:.0f} s)", flush=True)
    return 0


def goes_on(release: Release) -> None:
    """Say so if the clone, where a run goes on, is of another commit; a final run refuses that."""
    log = release.folder / "logs" / "clone.txt"
    heads = [run(log, "git", "rev-parse", "HEAD", cwd=at) for at in (release.clone, ROOT)]
    if heads[0] != heads[1]:
        text = "the clone is of another commit than what is checked out now"
        if release.final:
            raise StepError(f"{text}: start again without --from")
        print(f"{text}; without --from a run takes that")


def main() -> int:
    """Make the release; return the exit status."""
    options = parse()
    release = Release(options.out.resolve(), options.final, options.archive)
    if options.first not in (None, "clone"):
        try:
            goes_on(release)
        except StepError as error:
            print(f"FAILED: {error}")
            return 1
    release.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(release.folder.with_name(f".{release.folder.name}.lock"), timeout=0):
            status = walk(release, STEPS, options.first)
    except Timeout:
        print(f"FAILED: {release.folder}: another run makes a release there. Wait for it.")
        return 1
    if status == 0:
        kind = "ready" if options.final else "a dry run"
        print(f"{kind}: nothing was made public; docs/releasing.md says how that is done")
    return status


if __name__ == "__main__":
    sys.exit(main())
