"""The tables of docs/engines.md, from the code and from the tests that put it on trial.

PYTHONPATH=tools python -m tests.engines.tables    writes them into the page
"""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from dataops.engines.adapters import CAPABILITIES as ENGINES
from dataops.engines.adapters import REFUSED
from dataops.rehearsal.checks import CHECKS
from dataops.rehearsal.processes import POINTS as MOMENTS
from tests.engines import test_kill, test_releases, test_surroundings, test_waiting, test_workspace
from tests.engines.dialects import DIALECTS
from tests.engines.kill import POINTS
from tests.engines.subject import Subject
from tests.engines.subjects import SUBJECTS

PAGE = Path(__file__).parents[3] / "docs" / "engines.md"
_MODULES: tuple[ModuleType, ...] = (test_releases, test_waiting, test_surroundings, test_kill, test_workspace)
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
        "`retry`": lambda each: "yes" if each.reopens else "refused: nothing is kept",
        "this page's promises": lambda each: each.trial,
    }
    lines = [_row("", *(each.engine for each in ENGINES.values())), _row(*["---"] * (len(ENGINES) + 1))]
    lines += [_row(topic, *(asked(each) for each in ENGINES.values())) for topic, asked in topics.items()]
    return "\n".join(lines) + "\n"


def promises() -> str:
    """Each promise, and what its test shows on each engine."""
    compiled = ", ".join(ENGINES[name].engine for name in DIALECTS.values())
    engines = [
        *(ENGINES[name].engine for name in SUBJECTS),
        "`rehearse`",
        compiled,
        *(name for name, _ in REFUSED.values()),
    ]
    lines = [_row("", *engines), _row(*["---"] * (len(engines) + 1))]
    for promise, test in tests().items():
        verdicts = [_verdict(each, test) for each in SUBJECTS.values()]
        there = ["tried", "compiled only, until rehearsed"] if promise in CHECKS else ["", "not tried"]
        # Pull requests are built there, and nothing of these tests runs there.
        refused = "not tried" if hasattr(test_workspace, test) else "refused"
        lines.append(_row(promise, *verdicts, *there, *[refused] * len(REFUSED)))
    steps = {name: [*POINTS, *subject.points] for name, subject in SUBJECTS.items()}
    moments = ", ".join(MOMENTS)
    lines.append(
        _row("killed right after", *(", ".join(each) for each in steps.values()), moments, *[""] * (1 + len(REFUSED)))
    )
    return "\n".join(lines) + "\n"


def _verdict(subject: Subject, test: str) -> str:
    if test in subject.excluded:
        return f"no: {subject.excluded[test]}"
    if test in subject.instead:
        return subject.instead[test]
    cases: dict[str, list[str]] = {}
    for name, why in subject.excluded.items():
        if name.startswith(f"{test}["):
            cases.setdefault(why, []).append(name.removeprefix(f"{test}[").rstrip("]"))
    return "".join(["held", *(f"; not where somebody {' or '.join(names)}: {why}" for why, names in cases.items())])


def written(text: str) -> str:
    """The page with the tables as they are now."""
    for name, table in (("capabilities", capabilities()), ("promises", promises())):
        part = re.escape(_PART.format(name)) + r"(?:\|[^\n]*\n)*"
        text, found = re.subn(part, lambda _, name=name, table=table: _PART.format(name) + table, text)
        assert found == 1, name
    return text


def tests() -> dict[str, str]:
    """The promises, with the names of their tests."""
    named = [name for module in _MODULES for name in vars(module) if name.startswith("test_")]
    return {name.removeprefix("test_").replace("_", " ").replace("productions", "production's"): name for name in named}


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
