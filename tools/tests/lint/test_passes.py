"""One pass of sqlfluff by some rules finds what a pass by all rules finds of these, and so do both of what is new."""

from __future__ import annotations

from itertools import product

import pytest
from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.linter import RenderedFile

from dataops.lint import passes
from dataops.lint.earlier import doubtful, new
from dataops.lint.workers import Workers
from tests.lint import jobs

TEXTS = {
    "sound": "select orders.id\nfrom orders\n",
    "shouted": "SELECT orders.id,orders.sum as Total\nfrom orders o\nJOIN orders as p on (o.id = p.id)",
    "noqa of a line": "SELECT 1 as edition -- noqa: CP01\nFROM orders -- noqa\n",
    "noqa of others": "SELECT a.b  as c from x as a -- noqa: LT*,AL05\n",
    "noqa of a range": "-- noqa: disable=CP01,LT01\nSELECT 1  as one\n-- noqa: enable=all\nFROM x\n",
    "noqa of all": "-- noqa: disable=all\nSELECT 1  as one FROM x\n",
    "noqa that is none": "select 1 as one -- noqa:disable\nFROM orders -- noqaCP01\n",
    "noqa of what is no rule": "select from where -- noqa: PRS\nSELECT 1\n",
    "no SQL": "select from from where (\nSELECT 1 as  b\n",
    "no words": "select 'a as b\nFROM x;\nselect 2\n",
    "templated": "{% for n in [1, 2] %}SELECT {{ n }}  as n\n{% if not loop.last %}union\n{% endif %}{% endfor %}",
    "branches": "{% if false %}\nSELECT 1 as  a\n{% else %}\nselect 2 as a\n{% endif %}\n",
    "own settings": "-- sqlfluff:max_line_length:20\n-- sqlfluff:exclude_rules:LT01\nSELECT 1  as one, 2 as two\n",
    "long": "select\n a.x\n    , a.y, b.*\nfrom a left join b using (x), c\nWHERE a.x <> 2 and a.x != 3 GROUP BY 1\n",
    "unused": "with a as (select 1 as x), b as (select x from a)\nselect distinct (x), count(1) as Select FROM a\n",
}
SETTINGS = (
    {},
    {"warnings": "CP01,PRS", "ignore": "lexing"},
    {"disable_noqa": True},
    {"disable_noqa_except": "LT01,PRS"},
)


def _rendered(text: str, settings: dict[str, object]) -> RenderedFile:
    config = FluffConfig(overrides={"dialect": "duckdb", "templater": "jinja", **settings})
    config.process_raw_file_for_config(text, "a.sql")
    return Linter(config=config).render_string(text, "a.sql", config, "utf-8")


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_is_new_needs_no_other_rule_than_what_may_be_known(settings: dict[str, object]) -> None:
    every = {text: passes.found(_rendered(text, settings)) for text in TEXTS.values()}
    assert len({each.rule for found in every.values() for each in found}) > 15
    some: dict[tuple[str, frozenset[str]], tuple[passes.Finding, ...]] = {}
    for text, before in product(TEXTS.values(), repeat=2):
        rules = doubtful(every[text], text, before)
        asked = (before, rules)
        if asked not in some:
            some[asked] = passes.found(_rendered(before, settings), rules)
            expected = tuple(each for each in every[before] if each.rule in rules)
            assert tuple(each for each in some[asked] if each.rule in rules) == expected
        assert new(every[text], text, some[asked], before) == new(every[text], text, every[before], before)


def test_a_process_that_lints_needs_no_dbt_and_no_dialect_sent() -> None:
    """A compiled file has its grammar, which is a hundred times its text, and sqlfluff's plugins may import dbt."""
    rendered = _rendered(TEXTS["shouted"], {})
    with Workers(99) as two:
        two._start()
        found, dbt, size = two.submit(jobs.linted, passes.light(rendered)).result()
    assert found == passes.found(rendered) != ()
    assert not dbt
    assert size < 50_000
    assert rendered.config.get("dialect_obj") is not None
