"""Would what is released do what it says?

Builds the wheel from a clean copy of this checkout, installs it into an environment of its own, and
there, outside the checkout, runs `tszoo list` and `tszoo recommend`, loads every model of the zoo
and reproduces its card's accuracy on the archive's test split. The status is 1 if the wheel is too
large, anything fails, or a model is missing or reaches anything else than its card says. Needs
nothing but Python, git and pip.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = Path(__file__).with_name("release_checks.py")
MOST_WHEEL_BYTES = 70_000_000
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TSZOO_ZOO", "TSZOO_ARCHIVE")


def call(*words: str | Path, cwd: Path) -> str:
    """Run a command in a folder of its own, with nothing of this checkout in its environment.

    What it prints.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _OURS}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stdout.write(done.stdout)
        msg = f"failed with status {done.returncode}: {' '.join(str(word) for word in words)}"
        raise SystemExit(msg)
    return done.stdout


def copy_checkout(target: Path) -> None:
    """Copy what git knows or does not ignore.

    No environment, no caches, nothing that was trained beside it.
    """
    listed = call("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # it may be deleted and git not know yet
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def build(checkout: Path, scratch: Path) -> Path:
    """Build the wheel, and check its size."""
    begun = time.monotonic()
    call(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-qq",
        "--no-deps",
        "-w",
        scratch / "dist",
        checkout,
        cwd=scratch,
    )
    [wheel] = (scratch / "dist").glob("*.whl")
    n_bytes = wheel.stat().st_size
    print(
        f"{wheel.name}: {n_bytes / 1e6:.1f} MB, built in {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    if n_bytes > MOST_WHEEL_BYTES:
        raise SystemExit(f"{wheel.name} is larger than {MOST_WHEEL_BYTES / 1e6:.0f} MB.")
    return wheel


def install(wheel: Path, checkout: Path, scratch: Path) -> Path:
    """Make an environment with the wheel and nothing else; its folder of commands."""
    begun = time.monotonic()
    call(sys.executable, "-m", "venv", scratch / "environment", cwd=scratch)
    commands = scratch / "environment" / "bin"
    call(
        commands / "python",
        "-m",
        "pip",
        "install",
        "-qq",
        "-c",
        checkout / "constraints.txt",
        wheel,
        cwd=scratch,
    )
    print(f"installed in {time.monotonic() - begun:.0f} s", flush=True)
    return commands


def made_up_csv(path: Path) -> None:
    """Write a small data set: waves of two periods, twelve series of sixty points."""
    rows = [
        [
            f"period {period}",
            *(f"{math.sin((t + 3 * k) * 2 * math.pi / period):.4f}" for t in range(60)),
        ]
        for k in range(6)
        for period in (10, 25)
    ]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")


def main() -> int:
    """Run the gate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--archive",
        type=Path,
        help="folder of data set folders; without it accuracies are not checked",
    )
    parser.add_argument("--zoo", help="another zoo than the embedded one: a folder, or hf://ORG")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tszoo-release-") as folder:
        scratch = Path(folder)
        copy_checkout(scratch / "checkout")
        wheel = build(scratch / "checkout", scratch)
        commands = install(wheel, scratch / "checkout", scratch)
        if options.zoo is None:
            zoo, expected = [], scratch / "checkout" / "cards"
        else:
            folder_or_hub = (
                options.zoo if options.zoo.startswith("hf://") else Path(options.zoo).resolve()
            )
            zoo, expected = ["--zoo", str(folder_or_hub)], None
        archive = [] if options.archive is None else ["--archive", str(options.archive.resolve())]
        shutil.copy2(CHECKS, scratch / "checks.py")
        made_up_csv(scratch / "waves.csv")
        work = scratch / "work"
        work.mkdir()
        for words in (("list",), ("recommend", scratch / "waves.csv", "--top", "3")):
            started = time.monotonic()
            said = call(commands / "tszoo", *words, *zoo, cwd=work)
            print(f"\ntszoo {words[0]} ({time.monotonic() - started:.1f} s)\n\n{said}", flush=True)
        checks = [commands / "python", "-I", scratch / "checks.py", *archive, *zoo]
        checks += [] if expected is None else ["--expected", expected]
        status = subprocess.run([str(word) for word in checks], cwd=work, check=False).returncode
    verdict = "passed" if status == 0 else "FAILED"
    print(f"{verdict} after {time.monotonic() - begun:.0f} s")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
