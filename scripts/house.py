"""Measure how the house is built: how dense the code is, how long, how entangled.

    scripts/house             measure this checkout, and compare with the limits
    scripts/house FOLDER      measure another checkout

Code lines are lines of ``tszoo/`` without blank ones, comments and docstrings. Complexity is
McCabe's, counted for conditional expressions, boolean operators and comprehensions too, which is
stricter than ruff's C901. Numba kernels, which take arrays one by one and loop by hand, are counted
apart; they are named in KERNELS, as in pyproject.toml.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

KERNELS = (
    "nets/_kernels.py",
    "similarity/_bounds.py",
    "similarity/_kernels.py",
    "similarity/_lanes.py",
    "similarity/_search.py",
)
MOST_PARAMETERS, MOST_COMPLEXITY, MOST_COLUMNS = 8, 10, 100
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHES = (
    ast.If,
    ast.For,
    ast.While,
    ast.AsyncFor,
    ast.ExceptHandler,
    ast.IfExp,
    ast.match_case,
)


class Measure(NamedTuple):
    """One figure, and what it may be at most."""

    name: str
    value: float
    limit: float | None


@dataclass
class House:
    """What was counted."""

    files: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    code: int = 0
    comments: int = 0
    long_lines: int = 0
    conditionals: int = 0
    comprehensions: int = 0
    parameters: int = 0
    kernel_parameters: int = 0
    complex: int = 0
    kernel_complex: int = 0

    def add(self, path: Path, is_kernel: bool) -> None:
        """Count one file."""
        text = path.read_text(encoding="utf-8")
        tree, lines = ast.parse(text), text.splitlines()
        documented = set(docstring_lines(tree))
        self.files.append(len(lines))
        for number, line in enumerate(lines, start=1):
            self.long_lines += len(line) > MOST_COLUMNS
            if line.strip().startswith("#"):
                self.comments += 1
            elif line.strip() and number not in documented:
                self.code += 1
        for node in ast.walk(tree):
            self.conditionals += isinstance(node, ast.IfExp)
            self.comprehensions += isinstance(node, COMPREHENSIONS)
            if isinstance(node, FUNCTIONS):
                self.add_function(node, is_kernel)

    def add_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, is_kernel: bool) -> None:
        """Count one function."""
        self.functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
        many = n_parameters(node) > MOST_PARAMETERS
        hard = complexity(node) > MOST_COMPLEXITY
        if is_kernel:
            self.kernel_parameters += many
            self.kernel_complex += hard
        else:
            self.parameters += many
            self.complex += hard


def docstring_lines(tree: ast.Module) -> Iterator[int]:
    """Yield the numbers of the lines that docstrings take."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) or not node.body:
            continue
        first = node.body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if is_text and isinstance(first.value.value, str):
            yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def n_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's parameters, without self and cls."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def complexity(node: ast.AST) -> int:
    """Count the independent paths through a function."""
    paths = 1
    for child in ast.walk(node):
        paths += isinstance(child, BRANCHES)
        if isinstance(child, ast.BoolOp):
            paths += len(child.values) - 1
        if isinstance(child, ast.comprehension):
            paths += 1 + len(child.ifs)
    return paths


def imports(path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of the same checkout that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield from files_of(name, root)


def files_of(name: str, root: Path) -> Iterator[Path]:
    """Yield the file that a dotted name leads to, if it is one of the checkout."""
    parts = name.split(".")
    for length in (len(parts), len(parts) - 1):
        file = root.joinpath(*parts[:length])
        for candidate in (file.with_suffix(".py"), file / "__init__.py"):
            if length and candidate.is_file():
                yield candidate
                return


def circles(root: Path) -> list[list[Path]]:
    """Find the groups of files that import each other, directly or not (Tarjan 1972)."""
    package = sorted((root / "tszoo").rglob("*.py"))
    faces = {path for path in package if path.name == "__init__.py"}
    graph = {path: set(imports(path, root)) - faces - {path} for path in package}
    index: dict[Path, int] = {}
    low: dict[Path, int] = {}
    stack: list[Path] = []
    found: list[list[Path]] = []

    def visit(path: Path) -> None:
        index[path] = low[path] = len(index)
        stack.append(path)
        for other in graph.get(path, ()):
            if other not in index:
                visit(other)
                low[path] = min(low[path], low[other])
            elif other in stack:
                low[path] = min(low[path], index[other])
        if low[path] == index[path]:
            group = stack[stack.index(path) :]
            del stack[stack.index(path) :]
            if len(group) > 1:
                found.append(group)

    for path in package:
        if path not in index:
            visit(path)
    return found


def imports_between_tests(root: Path) -> int:
    """Count the imports of one test file by another."""
    tests = sorted((root / "tests").rglob("test_*.py"))
    return sum(
        other.name.startswith("test_") for path in tests for other in set(imports(path, root))
    )


def measures(root: Path) -> list[Measure]:
    """Measure a checkout."""
    house = House()
    for path in sorted((root / "tszoo").rglob("*.py")):
        house.add(path, path.relative_to(root / "tszoo").as_posix() in KERNELS)
    per_1000 = 1000 / house.code
    words = len((root / "README.md").read_text(encoding="utf-8").split())
    return [
        Measure("conditional expressions per 1,000 code lines", house.conditionals * per_1000, 15),
        Measure("comprehensions per 1,000 code lines", house.comprehensions * per_1000, None),
        Measure("lines over 100 columns per 1,000 code lines", house.long_lines * per_1000, 5),
        Measure("functions with more than 8 parameters", house.parameters, 8),
        Measure("functions with complexity above 10", house.complex, 25),
        Measure("  the same among kernels: parameters", house.kernel_parameters, None),
        Measure("  the same among kernels: complexity", house.kernel_complex, None),
        Measure("lines of a median file", statistics.median(house.files), 110),
        Measure(
            "lines of a function, 90th percentile",
            statistics.quantiles(house.functions, n=10)[-1],
            31,
        ),
        Measure("circles of imports", len(circles(root)), 0),
        Measure("imports between test files", imports_between_tests(root), 0),
        Measure("comments per 100 code lines", 100 * house.comments / house.code, None),
        Measure("words of README", words, 1000),
        Measure("code lines", house.code, None),
    ]


def main() -> int:
    """Print the figures; 1 if one is above its limit."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    status = 0
    for measure in measures(root):
        limit = "" if measure.limit is None else f"at most {measure.limit:g}"
        too_much = measure.limit is not None and measure.value > measure.limit
        status |= too_much
        print(
            f"{measure.name:<46} {measure.value:>8.1f}  {limit}{'  TOO MUCH' if too_much else ''}"
        )
    for circle in circles(root):
        print("circle:", " ".join(str(path.relative_to(root)) for path in circle))
    return status


if __name__ == "__main__":
    sys.exit(main())
