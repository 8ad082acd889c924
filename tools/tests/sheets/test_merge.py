"""Entries merged into YAML: nothing else changes, twice is once, and comments and order stay."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataops.errors import DataopsError
from dataops.sheets.merge import merged

SHEET = """\
version: 2

models:
  # The orders.
  - name: orders
    description: One row per order.  # as sent
    config: {tags: [daily]}
    columns:
      - name: id   # the key
        tests: [unique]
      - {name: amount, data_type: integer}

  - name: others
"""


def test_comments_order_and_layout_stay() -> None:
    entry = {
        "name": "Orders",
        "description": "One row per order\nthat was paid.",
        "config": {"contract": {"enforced": True}, "tags": ["daily", "core"]},
        "columns": [
            {"name": "ID", "data_type": "bigint", "constraints": [{"type": "not_null"}], "data_tests": ["not_null"]},
            {"name": "amount", "data_type": "decimal(18,2)"},
            {"name": "paid_at", "data_type": "timestamp", "description": "When: UTC"},
        ],
    }
    assert (
        merged(SHEET, {"models": [entry]}, "models.yml")
        == """\
version: 2

models:
  # The orders.
  - name: orders
    description: "One row per order\\nthat was paid."  # as sent
    config: {tags: [daily, core], contract: {enforced: true}}
    columns:
      - name: id   # the key
        tests: [unique, not_null]
        data_type: bigint
        constraints: [{type: not_null}]
      - {name: amount, data_type: 'decimal(18,2)'}
      - name: paid_at
        data_type: timestamp
        description: 'When: UTC'

  - name: others
"""
    )


def test_into_a_new_file() -> None:
    text = merged(
        "", {"models": [{"name": "a", "description": "One\n\nthing.\n", "columns": [{"name": "x"}]}]}, "a.yml"
    )
    assert (
        text == "models:\n  - name: a\n    description: |\n      One\n\n      thing.\n    columns:\n      - name: x\n"
    )


_NAMES = st.sampled_from(["a", "b", "C", "name", "é: x", "null"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("aé:#'\"\n- {}", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_FILES = st.dictionaries(_NAMES, _VALUES, max_size=4)


@given(_FILES, _FILES, st.booleans())
def test_whatever_is_merged_is_there_once_or_refused(there: Any, wanted: Any, inline: bool) -> None:
    text = yaml.safe_dump(there, default_flow_style=inline, sort_keys=False, allow_unicode=True) if there else ""
    try:
        once = merged(text, wanted, "f.yml")
    except DataopsError:
        return
    assert merged(once, wanted, "f.yml") == once
    if not wanted:
        assert once == text


@pytest.mark.parametrize("text", ["models: &all\n  - name: a\n    config: *all\n", "- a list\n", "models: {a: 1}\n"])
def test_what_cannot_be_merged_is_refused(text: str) -> None:
    with pytest.raises(DataopsError):
        merged(text, {"models": [{"name": "a", "config": {"b": 1}}]}, "f.yml")
