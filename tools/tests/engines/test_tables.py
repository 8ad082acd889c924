"""What docs/engines.md says of each engine is what the code says, and what tests run on."""

from __future__ import annotations

from tests.engines.dialects import DIALECTS
from tests.engines.subjects import SUBJECTS
from tests.engines.tables import ENGINES, PAGE, written


def test_the_page_has_the_tables_of_today() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run `PYTHONPATH=tools python -m tests.engines.tables`"


def test_whatever_says_that_it_was_tried_is_on_trial() -> None:
    assert {name for name, each in ENGINES.items() if each.trial == "tried for real"} == set(SUBJECTS)
    assert {name for name, each in ENGINES.items() if each.trial == "compiled only"} == set(DIALECTS.values())
