"""What `dataops lint` remembers, held against what it finds without, after random edits of all that findings rest on.

    python -m bench.lint_mutants [--count 500] [--seed 11]      (in the folder tools/)

Models, a macro, a variable, what is ephemeral, sqlfluff's settings in files and in SQL, and the version of a plugin
that brings a rule are edited, one upon the other and often back. After each edit lint answers with all that it keeps
(what is found in a text, and its last answers), and once more without; both have to print the same.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlfluff.core.plugin.host import purge_plugin_manager

from bench.lint import KEPT, prepare

ANSWERS = KEPT.with_name("lint-again.json")
IMPORTED = ("dataops.cli", "dataops.commands.change", "dataops.review.gate", "dbt.cli.main", "dbt.adapters.duckdb")
WORDS = ("lint", "--base", "main", "--format", "json")


def main() -> int:
    """Run the edits; 1 where what is kept differs from what is found without it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder, plugin = Path(temporary) / "project", Path(temporary) / "plugin"
        prepare(folder, 20)
        sys.path.insert(0, str(plugin))
        sys.dont_write_bytecode = True
        _plugged(plugin, 1)
        for name in IMPORTED:
            importlib.import_module(name)
        return mutate(folder, plugin, given.count, random.Random(given.seed))


def mutate(folder: Path, plugin: Path, count: int, dice: random.Random) -> int:
    """So many edits, one upon the other."""
    models = sorted((folder / "models").rglob("m*.sql"))[:6]
    apart = folder.parent / "kept"
    seen: Counter[str] = Counter()
    wrong = looked = fresh = 0
    for number in range(count):
        name, edit = dice.choice(EDITS)
        edit(plugin if edit is _version else folder, dice.choice(models), dice)
        before = _known(folder)
        kept = answer(folder)
        after = _known(folder)
        shutil.rmtree(apart, ignore_errors=True)
        apart.mkdir()
        for each in (KEPT, ANSWERS):
            if (folder / each).exists():
                (folder / each).rename(apart / each.name)
        afresh = answer(folder)
        looked, fresh = looked + len(_known(folder)), fresh + len(after - before)
        for each in (KEPT, ANSWERS):
            (folder / each).unlink(missing_ok=True)
            if (apart / each.name).exists():
                (apart / each.name).rename(folder / each)
        seen[name] += 1
        if kept != afresh:
            wrong += 1
            print(f"{number}: {name}: what is kept is not what is found\n{kept}\n{afresh}")
        if number % 25 == 24:
            rules = afresh[1].count("B001")
            print(f"{number + 1} edits, {wrong} wrong, {looked} texts, {fresh} new, {rules} by the plugin", flush=True)
    print(f"{count} edits, {wrong} wrong: {', '.join(f'{many} {name}' for name, many in sorted(seen.items()))}")
    print(f"of {looked} texts {fresh} were new, the others remembered")
    return int(bool(wrong))


def answer(folder: Path) -> tuple[int, str]:
    """What the command ends with and prints, in a copy of this process, which has imported dbt and has run nothing."""
    errors = folder.parent / "errors"
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code: object = 70
        try:
            os.close(read)
            os.chdir(folder)
            os.dup2(write, 1)
            os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            _replug()
            importlib.import_module("dataops.cli").main(list(WORDS))
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - this process ends here, whatever happened
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code if isinstance(code, int) else 70)
    os.close(write)
    with os.fdopen(read) as text:
        said = text.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, 1):
        sys.exit(f"lint ended with {code}\n{said}\n{errors.read_text()}")
    return code, said


def _replug() -> None:
    """Have sqlfluff look for its plugins again, as it does in a process that begins."""
    purge_plugin_manager()
    for name in ("bench_plugin", "bench_rule"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def _known(folder: Path) -> set[str]:
    return set(json.loads((folder / KEPT).read_text())) if (folder / KEPT).exists() else set()


Edit = Callable[[Path, Path, random.Random], object]
_WRITTEN = (
    ("inner join", "INNER JOIN"),
    ("INNER JOIN", "inner join"),
    ("    left_side.id", "  left_side.id"),
    ("from left_side", "from  left_side"),
    (" as amount", " AS amount"),
)
_SET = ("max_line_length = 60", "max_line_length = 120", "exclude_rules = CP01", "ignore_templated_areas = False")
_TOLD = ("-- sqlfluff:exclude_rules:LT02\n", "-- sqlfluff:max_line_length:30\n", "-- noqa: disable=CP01\n")
_ROUNDED = ("round({{ column }}, {{ var('digits', 2) }})", "ROUND({{ column }},{{ var('digits', 2) }})")


def _model(_: Path, model: Path, dice: random.Random) -> None:
    old, new = dice.choice(_WRITTEN)
    model.write_text(model.read_text().replace(old, new, 1))


def _macro(folder: Path, _: Path, dice: random.Random) -> None:
    text = f"{{% macro rounded(column) %}}{dice.choice(_ROUNDED)}{{% endmacro %}}\n"
    (folder / "macros" / "rounded.sql").write_text(text)


def _variable(folder: Path, _: Path, dice: random.Random) -> None:
    file = folder / "dbt_project.yml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("vars:")]
    file.write_text("\n".join([*lines, f"vars: {{digits: {dice.choice([2, 3, '1 + 1'])}}}"]) + "\n")


def _settings(folder: Path, _: Path, dice: random.Random) -> None:
    file = folder / ".sqlfluff"
    names = tuple(each.split(" ")[0] for each in _SET)
    first, *lines = [line for line in file.read_text().splitlines() if not line.startswith(names)]
    file.write_text("\n".join([first, dice.choice(_SET), *lines]) + "\n")


def _inline(_: Path, model: Path, dice: random.Random) -> None:
    model.write_text(model.read_text() + dice.choice(_TOLD))


def _ephemeral(folder: Path, _: Path, dice: random.Random) -> None:
    file = folder / "dbt_project.yml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("models:")]
    made = dice.choice(["view", "ephemeral"])
    file.write_text("\n".join([*lines, f"models: {{generated: {{layer_0: {{+materialized: {made}}}}}}}"]) + "\n")


PLUGIN = """
from sqlfluff.core.plugin import hookimpl


@hookimpl
def get_rules():
    from bench_rule import Rule_Bench_B001

    return [Rule_Bench_B001]
"""
RULE = """
from sqlfluff.core.rules import BaseRule, LintResult
from sqlfluff.core.rules.crawlers import RootOnlyCrawler


class Rule_Bench_B001(BaseRule):
    \"\"\"The length of a file can be divided.\"\"\"

    groups = ("all",)
    crawl_behaviour = RootOnlyCrawler()

    def _eval(self, context):
        return LintResult(anchor=context.segment) if len(context.segment.raw) % VERSION == 0 else None
"""


def _version(plugin: Path, _: Path, dice: random.Random) -> None:
    _plugged(plugin, dice.randint(1, 4))


def _plugged(plugin: Path, version: int) -> None:
    """A plugin of sqlfluff with a rule that is another in each of its versions, as if it were installed."""
    shutil.rmtree(plugin, ignore_errors=True)
    about = plugin / f"bench_plugin-{version}.0.dist-info"
    about.mkdir(parents=True)
    (plugin / "bench_plugin.py").write_text(PLUGIN)
    (plugin / "bench_rule.py").write_text(RULE.replace("VERSION", str(version)))
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-plugin\nVersion: {version}.0\n")
    (about / "entry_points.txt").write_text("[sqlfluff]\nbench = bench_plugin\n")


EDITS: Sequence[tuple[str, Edit]] = (
    ("model", _model),
    ("model", _model),
    ("macro", _macro),
    ("variable", _variable),
    ("ephemeral", _ephemeral),
    ("settings", _settings),
    ("version", _version),
    ("inline", _inline),
)


if __name__ == "__main__":
    sys.exit(main())
