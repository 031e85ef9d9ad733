"""Check that what is released does what it says.

This builds the wheel from a clean copy of the checkout and installs it into a new environment.
There, outside the checkout, it runs `tszoo list` and `tszoo recommend`, loads every model of the
zoo, and reproduces its card's accuracy on the archive's test split. The status is 1 if the wheel is
too large, if anything fails, or if a model is missing or reaches something else than its card says.
It needs nothing but Python, git and pip.
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


def clean_environment() -> dict[str, str]:
    """Return this process's environment with nothing of this checkout in it."""
    return {key: value for key, value in os.environ.items() if key not in _OURS}


def call(*words: str | Path, cwd: Path) -> str:
    """Run a command with nothing of this checkout in its environment; return what it prints."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=clean_environment(),
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
    """Copy the files that git tracks or does not ignore: no environment, caches or runs."""
    listed = call("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # it may be deleted, and git does not know yet
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def build(checkout: Path, scratch: Path) -> Path:
    """Build the wheel, and check its size."""
    begun = time.monotonic()
    pip_wheel = (sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps")
    call(*pip_wheel, "-w", scratch / "dist", checkout, cwd=scratch)
    [wheel] = (scratch / "dist").glob("*.whl")
    n_bytes = wheel.stat().st_size
    seconds = time.monotonic() - begun
    print(f"{wheel.name}: {n_bytes / 1e6:.1f} MB, built in {seconds:.0f} s", flush=True)
    if n_bytes > MOST_WHEEL_BYTES:
        raise SystemExit(f"{wheel.name} is larger than {MOST_WHEEL_BYTES / 1e6:.0f} MB.")
    return wheel


def install(wheel: Path, checkout: Path, scratch: Path) -> Path:
    """Make an environment with the wheel and nothing else; return its folder of commands."""
    begun = time.monotonic()
    call(sys.executable, "-m", "venv", scratch / "environment", cwd=scratch)
    commands = scratch / "environment" / "bin"
    pip_install = (commands / "python", "-m", "pip", "install", "-qq")
    call(*pip_install, "-c", checkout / "constraints.txt", wheel, cwd=scratch)
    print(f"installed in {time.monotonic() - begun:.0f} s", flush=True)
    return commands


def made_up_csv(path: Path) -> None:
    """Write a small data set: waves of two periods, twelve series of sixty points."""
    lines = []
    for k in range(6):
        for period in (10, 25):
            wave = [math.sin((t + 3 * k) * 2 * math.pi / period) for t in range(60)]
            lines.append(",".join([f"period {period}", *(f"{value:.4f}" for value in wave)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def installed(options: argparse.Namespace, scratch: Path) -> Path:
    """Return the folder of commands of --environment, or of one that is made with the wheel."""
    if options.environment is not None:
        return Path(options.environment).absolute() / "bin"
    checkout = scratch / "checkout"
    copy_checkout(checkout)
    return install(build(checkout, scratch), checkout, scratch)


def checked(options: argparse.Namespace, scratch: Path) -> int:
    """Run the commands, and check the models; return the checks' exit status."""
    commands = installed(options, scratch)
    checkout = ROOT if options.environment is not None else scratch / "checkout"
    zoo, expected = zoo_options(options.zoo, checkout)
    shutil.copy2(CHECKS, scratch / "checks.py")
    made_up_csv(scratch / "waves.csv")
    work = scratch / "work"
    work.mkdir()
    for words in (("list",), ("recommend", scratch / "waves.csv", "--top", "3")):
        started = time.monotonic()
        printed = call(commands / "tszoo", *words, *zoo, cwd=work)
        seconds = time.monotonic() - started
        print(f"\ntszoo {words[0]} ({seconds:.1f} s)\n\n{printed}", flush=True)
    checks = [str(commands / "python"), "-I", str(scratch / "checks.py"), *zoo, *expected]
    if options.archive is not None:
        checks += ["--archive", str(options.archive.resolve())]
    return subprocess.run(checks, cwd=work, check=False).returncode


def zoo_options(zoo: str | None, checkout: Path) -> tuple[list[str], list[str]]:
    """Spell the options that name the zoo, and for the embedded one the folder it must equal."""
    if zoo is None:
        return [], ["--expected", str(checkout / "cards")]
    if not zoo.startswith("hf://"):
        zoo = str(Path(zoo).resolve())
    return ["--zoo", zoo], []


def main() -> int:
    """Run the gate; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--archive",
        type=Path,
        help="folder of data set folders; without it accuracies are not checked",
    )
    parser.add_argument(
        "--environment", help="one that has the wheel already; without it one is made"
    )
    parser.add_argument("--zoo", help="another zoo than the embedded one: a folder, or hf://ORG")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tszoo-release-") as folder:
        status = checked(options, Path(folder))
    verdict = "passed" if status == 0 else "FAILED"
    print(f"{verdict} after {time.monotonic() - begun:.0f} s")
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
