"""dbt's status words: one list, complete, and nowhere else a second one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dbt.artifacts.schemas.results import FreshnessStatus, NodeStatus, RunStatus, TestStatus

import dataops
from dataops.project import statuses
from dataops.project.outcome import NodeResult, Outcome


def _result(status: str, unique_id: str = "model.shop.a") -> NodeResult:
    return NodeResult(
        unique_id,
        unique_id.rsplit(".", maxsplit=1)[-1],
        unique_id.split(".", maxsplit=1)[0],
        status,
        "",
        0.0,
        None,
        "a.sql",
    )


@pytest.mark.parametrize("words", [NodeStatus, RunStatus, TestStatus, FreshnessStatus])
def test_every_word_of_dbt_is_in_exactly_one_group(words: type) -> None:
    groups = (statuses.PASSED, statuses.WARNED, statuses.FAILED, statuses.SKIPPED, statuses.IDLE)
    for word in words:
        assert sum(str(word.value) in group for group in groups) == 1, word


def test_a_word_that_nobody_knows_is_no_success() -> None:
    outcome = Outcome((_result("success"), _result("half done")), 1.0)
    assert [each.status for each in outcome.failed] == ["half done"]
    assert outcome.exit_code == 1


def test_no_other_module_lists_the_words() -> None:
    """Two words of dbt's in one tuple, set or SQL list are a second list, which forgets a word sooner or later."""
    word = "|".join(re.escape(each) for each in statuses.KNOWN)
    listed = re.compile(rf"""[({{]\s*(['"])(?:{word})\1\s*,\s*(['"])(?:{word})\2""")
    root = Path(dataops.__file__).parent
    found = [
        f"{path.relative_to(root)}: {match[0]}"
        for path in sorted(root.rglob("*.py"))
        if path.name != "statuses.py"
        for match in listed.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)
