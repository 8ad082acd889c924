"""The tables of docs/engines.md, from the code and from the tests that put it on trial.

PYTHONPATH=tools python -m tests.engines.tables    writes them into the page
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from dataops.engines.databricks.engine import CAPABILITIES as DATABRICKS
from dataops.engines.duckdb.engine import CAPABILITIES as DUCKDB
from dataops.engines.postgres.engine import CAPABILITIES as POSTGRES
from dataops.engines.snowflake.engine import CAPABILITIES as SNOWFLAKE
from dataops.engines.spark.engine import CAPABILITIES as SPARK
from dataops.engines.values import Capabilities
from dataops.rehearsal.checks import CHECKS
from dataops.rehearsal.processes import POINTS as MOMENTS
from tests.engines import test_kill, test_releases, test_surroundings, test_workspace
from tests.engines.kill import POINTS
from tests.engines.subject import SUBJECTS

PAGE = Path(__file__).parents[3] / "docs" / "engines.md"
ENGINES = {
    "duckdb": DUCKDB,
    "postgres": POSTGRES,
    "spark": SPARK,
    "snowflake": SNOWFLAKE,
    "databricks": DATABRICKS,
}
_MODULES: tuple[ModuleType, ...] = (test_releases, test_surroundings, test_kill, test_workspace)
_PART = "<!-- {}: written by tools/tests/engines/tables.py -->\n"


def capabilities() -> str:
    """What each engine says of itself."""
    topics = {
        "a release becomes live": lambda each: each.atomic,
        "copied before it is built": lambda each: each.copies,
        "who reads meanwhile": lambda each: each.readers,
        "published besides": lambda each: each.besides,
        "one deploy at a time": lambda each: each.lock,
        "`ci` builds in": lambda each: each.workspace,
        "`export`": lambda each: "yes" if each.exports else "not yet",
        "this page's promises": lambda each: each.trial,
    }
    lines = [_row("", *(each.engine for each in ENGINES.values())), _row(*["---"] * (len(ENGINES) + 1))]
    lines += [_row(topic, *(asked(each) for each in ENGINES.values())) for topic, asked in topics.items()]
    return "\n".join(lines) + "\n"


def promises() -> str:
    """Each promise, and the engines that its test runs on."""
    known: list[Capabilities] = [ENGINES[name] for name in SUBJECTS]
    lines = [_row("", *(each.engine for each in known), "`rehearse`"), _row(*["---"] * (len(known) + 2))]
    lines += [_row(name, *["held"] * len(known), "tried" if name in CHECKS else "") for name in tests()]
    steps = {name: [*POINTS, *subject.points] for name, subject in SUBJECTS.items()}
    lines.append(_row("killed right after", *(", ".join(each) for each in steps.values()), ", ".join(MOMENTS)))
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """The page with the tables as they are now."""
    for name, table in (("capabilities", capabilities()), ("promises", promises())):
        part = re.escape(_PART.format(name)) + r"(?:\|[^\n]*\n)*"
        text, found = re.subn(part, lambda _, name=name, table=table: _PART.format(name) + table, text)
        assert found == 1, name
    return text


def tests() -> Iterator[str]:
    for module in _MODULES:
        for name in vars(module):
            if name.startswith("test_"):
                yield name.removeprefix("test_").replace("_", " ").replace("productions", "production's")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
