"""The settings that are made of a project's SQL find no more in it than sqlfluff does by itself, and mostly less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from sqlfluff.core import FluffConfig, Linter

from dataops.adopt.style import LONGEST, Style, style

LOWER = """\
with orders as (
    select * from {{ ref('stg_orders') }}
)

select
    orders.order_id,
    orders.customer_id,
    {% if true %}
    sum(orders.amount) as amount,
    {% endif %}
    coalesce(max(orders.status), 'none') as status
from orders
left join customers as c on orders.customer_id = c.customer_id
where orders.amount is not null
group by 1, 2
"""

UPPER = """\
SELECT
  o.order_id
  , o.customer_id
  , SUM(o.amount) total
  , COUNT(*) orders
FROM {{ ref('stg_orders') }} o
  JOIN customers c
    ON o.customer_id = c.customer_id
WHERE o.amount IS NOT NULL
  AND o.status = TRUE
GROUP BY 1, 2
"""

TABS = """\
select
\ta.one_id,
\ta.two_id
from things as a
inner join others as b
\ton a.one_id = b.one_id
where a.a_name_that_is_rather_long = 'a text that is rather long' and b.another_name_that_is_long = 'as it is'
"""

NAMED = {"lower": [LOWER] * 3, "upper": [UPPER] * 3, "tabs": [TABS] * 3, "several": [LOWER, LOWER, UPPER, TABS]}


def written(found: Style) -> str:
    lines = [f"max_line_length = {found.length}"]
    for section, keys in found.sections:
        lines += [f"[sqlfluff:{section}]", *(f"{key} = {value}" for key, value in keys)]
    return "\n".join(lines)


def findings(texts: Sequence[str], settings: str) -> Counter[str]:
    linter = Linter(config=FluffConfig.from_string(f"[sqlfluff]\ndialect = ansi\ntemplater = jinja\n{settings}\n"))
    return Counter(each.rule_code() for text in texts for each in linter.lint_string(text).get_violations())


@pytest.mark.parametrize("name", NAMED)
def test_no_more_findings_than_by_default(name: str) -> None:
    before, after = findings(NAMED[name], ""), findings(NAMED[name], written(style(NAMED[name])))
    assert not before["PRS"] and not before["TMP"]
    assert sum(after.values()) <= sum(before.values()), (before, after)


def test_the_settings_are_what_the_files_do() -> None:
    upper = dict(style([UPPER]).sections)
    assert upper["layout:type:comma"] == (("line_position", "leading"),)
    assert upper["rules:capitalisation.keywords"] == (("capitalisation_policy", "upper"),)
    assert upper["rules:capitalisation.functions"] == (("extended_capitalisation_policy", "upper"),)
    assert upper["rules:capitalisation.identifiers"] == (("extended_capitalisation_policy", "lower"),)
    assert upper["rules:aliasing.table"] == upper["rules:aliasing.column"] == (("aliasing", "implicit"),)
    assert upper["indentation"] == (("tab_space_size", "2"), ("indented_joins", "true"))
    tabs = style([TABS])
    assert ("indent_unit", "tab") in dict(tabs.sections)["indentation"]
    assert tabs.length == 110
    lower = style([LOWER])
    assert dict(lower.sections)["indentation"] == (("tab_space_size", "4"), ("template_blocks_indent", "false"))
    assert "rules:aliasing.table" not in dict(lower.sections)


def test_a_spelling_that_most_but_not_all_files_keep_to_is_no_setting() -> None:
    """By default each file agrees with itself, and nothing is found; a majority's setting would find the others."""
    found = dict(style([LOWER, LOWER, LOWER, UPPER]).sections)
    assert "rules:capitalisation.keywords" not in found
    assert "rules:capitalisation.functions" not in found
    assert "rules:capitalisation.identifiers" in found


def test_one_long_line_makes_no_limit_and_nothing_at_all_makes_the_default() -> None:
    assert style([LOWER * 20 + "-- " + "x" * 500]).length == 80
    assert style(["-- " + "x" * 500]).length == LONGEST
    assert style([]) == style(["\n"]) == Style(0, 80, ())


def test_what_jinja_and_quotes_hold_is_nobodys_spelling() -> None:
    text = "select\n    {{ Cents('A', B) }} as a,\n    'FROM' as \"B\",\n    -- SELECT\n    {{ x }}_Y as c\nfrom t\n"
    found = dict(style([text]).sections)
    assert found["rules:capitalisation.keywords"] == (("capitalisation_policy", "lower"),)
    assert found["rules:capitalisation.identifiers"] == (("extended_capitalisation_policy", "lower"),)
