"""Count the processor cores that this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Count the cores that this process may use: its affinity, and the quota of its containers.

    A quota of a core and a half counts as one core; there is always one.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, int(min(cores, cpu_quota(CGROUPS, OWN_CGROUPS))))


def cpu_quota(cgroups: Path, own: Path) -> float:
    """Return how many cores Linux's control groups allow at most; infinity where they do not say.

    Parameters
    ----------
    cgroups : Path
        Where the groups' folders are, of version 2 or version 1.
    own : Path
        The file that names this process's groups.
    """
    quotas = [_version_1(cgroups / "cpu"), *(_version_2(group) for group in _groups(cgroups, own))]
    return min(quotas)


def _groups(cgroups: Path, own: Path) -> list[Path]:
    """List the folder of this process's group and those above it."""
    name = ""
    for line in _words(own, "\n"):
        if line.startswith("0::/"):
            name = line.removeprefix("0::/")
    group = cgroups / name
    return [group, *(above for above in group.parents if above.is_relative_to(cgroups))]


def _version_2(group: Path) -> float:
    return _share(_words(group / "cpu.max"))


def _version_1(group: Path) -> float:
    return _share([*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")])


def _share(words: list[str]) -> float:
    """Divide a quota by its period; ``max`` and -1 are no quota."""
    if len(words) != 2 or not all(word.isdecimal() for word in words) or words[1] == "0":
        return math.inf
    return int(words[0]) / int(words[1])


def _words(path: Path, separator: str | None = None) -> list[str]:
    try:
        return path.read_text("utf-8").split(separator)
    except (OSError, UnicodeDecodeError):  # another system, or not ours to read: it says nothing
        return []
