"""A project's own rules: the Python files of `dataops_rules/` beside `dbt_project.yml`."""

from __future__ import annotations

import ast
import importlib.util
import sys
import traceback
from pathlib import Path

from dataops.check.rule import Rule, collected
from dataops.check.rules import BUILT_IN
from dataops.errors import SettingsError

FOLDER = "dataops_rules"

_PURE = frozenset(
    (
        *("__future__", "collections", "collections.abc", "dataclasses", "enum", "fnmatch", "functools", "itertools"),
        *("math", "operator", "re", "string", "textwrap", "typing", "dataops.check"),
    )
)
"""Modules by which nothing is read but what a function is given."""

_REACHING = frozenset(
    (
        *("open", "eval", "exec", "compile", "globals", "locals", "vars", "input", "breakpoint", "getattr", "setattr"),
        *("id", "hash", "object", "sys", "os", "io", "builtins", "modules", "attrgetter", "methodcaller"),
    )
)
"""Names by which something else can be reached, or which tell something else in each process."""


def rules(root: Path) -> tuple[Rule, ...]:
    """The rules that come with the tool, and those of the project.

    Raises:
        SettingsError: a file cannot be run, or has a rule of a name that another has.
    """
    found = {each.name: each for each in BUILT_IN}
    for path in sorted((root / FOLDER).glob("*.py")):
        for rule in _of(root, path):
            if rule.name in found:
                raise SettingsError(
                    f"{path.relative_to(root)}: there are two rules {rule.name}",
                    "give it another name; one that comes with the tool is switched off in dataops.yml",
                )
            found[rule.name] = rule
    return tuple(found.values())


def _of(root: Path, path: Path) -> tuple[Rule, ...]:
    name = f"{FOLDER}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path.relative_to(root)} cannot be loaded", "it has to be a Python file")
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    # Not left in memory, nor as bytecode in a folder that is under version control.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules[name] = module
    try:
        return collected(lambda: loader.exec_module(module))
    except Exception as error:
        raise broken(root, path, error, "") from error
    finally:
        sys.dont_write_bytecode = before
        del sys.modules[name]


def contained(root: Path) -> bool:
    """Whether the rules of the project tell the same of the same nodes: their files read nothing else, nor the time.

    Told by their text alone, so that whatever else is imported there, or opens something, counts as reading.
    """
    try:
        trees = [ast.parse(path.read_bytes()) for path in (root / FOLDER).glob("*.py")]
    except (OSError, SyntaxError, ValueError):
        return False
    return all(_harmless(each) for tree in trees for each in ast.walk(tree))


def _harmless(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return all(each.name in _PURE for each in node.names)
    if isinstance(node, ast.ImportFrom):
        return not node.level and node.module in _PURE and not _REACHING & {each.name for each in node.names}
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_") and node.attr not in _REACHING
    return not (isinstance(node, ast.Name) and (node.id in _REACHING or node.id.startswith("__")))


def broken(root: Path, path: Path, error: Exception, doing: str) -> SettingsError:
    """What went wrong in a file of rules, in one line, with the line of that file. `doing`: what it was at."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    place = f"{path.relative_to(root)}:{line}" if line else str(path.relative_to(root))
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    said = (
        f"{place}: {doing}{type(error).__name__}: {text}"
        if not isinstance(error, ValueError)
        else f"{place}: {doing}{text}"
    )
    return SettingsError(said, "mend the rule, or take the file away; docs/check.md says how rules are written")
