"""Rules on data: what they refuse, what they let pass, and what a branch may declare as intended."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from dataops.config import Rule, load
from dataops.diff.difference import ColumnDiff, Diff, Key, Profile, Rows
from dataops.errors import SettingsError
from dataops.review import rules
from dataops.review.rules import About, check, judge
from dataops.review.verdict import Intended, Ruling
from tests.shop import Shop, refused

ORDERS = "model.shop.fct_orders"
ABOUT = {ORDERS: About("models/marts/fct_orders.sql", frozenset({"finance"}))}
TODAY = datetime.date(2026, 3, 1)


def _diff(**rows: int) -> Diff:
    counts = {"before": 1000, "after": 1000, "added": 0, "removed": 0, "modified": 0, "same": 1000, **rows}
    before, after = Profile(2, 10, 5000.0, 5.0), Profile(4, 10, 5010.0, 5.01)
    column = ColumnDiff("Revenue", "double", "double", 2, 1000, before=before, after=after)
    return Diff(ORDERS, "prod", "ci", "production", Key(("id",), "--key"), Rows(**counts), (column,))


def _judge(rule: Rule, diff: Diff, *meant: Intended, expired: tuple[Intended, ...] = ()) -> list[Ruling]:
    check([rule])
    return list(judge([rule], [diff], ABOUT, meant, expired))


def _broken(rule: Rule, diff: Diff) -> bool:
    (ruling,) = _judge(rule, diff)
    return ruling.broken


def test_each_limit_holds_up_to_itself_and_breaks_above() -> None:
    assert not _broken(Rule(removed="0"), _diff())
    assert _broken(Rule(removed="0"), _diff(removed=1))
    assert not _broken(Rule(modified="1%"), _diff(modified=10))
    assert _broken(Rule(modified="1%"), _diff(modified=11))
    assert not _broken(Rule(added="7"), _diff(added=7))
    assert _broken(Rule(added="7"), _diff(added=8))
    assert not _broken(Rule(total="0.2%"), _diff())
    assert _broken(Rule(total="0.1%"), _diff())
    assert not _broken(Rule(mean="0.02"), _diff())
    assert _broken(Rule(nulls="1"), _diff())
    assert not _broken(Rule(match="99.8%"), _diff())
    assert _broken(Rule(match="99.9%"), _diff())


@pytest.mark.parametrize("models", ["*", "fct_*", "fct_orders", "tag:finance", "path:models/marts"])
def test_a_rule_finds_its_models(models: str) -> None:
    assert _judge(Rule(models=models, removed="0"), _diff())


@pytest.mark.parametrize("models", ["dim_*", "tag:other", "path:models/mart"])
def test_a_rule_leaves_other_models_alone(models: str) -> None:
    assert not _judge(Rule(models=models, removed="0"), _diff(removed=5))


def test_columns_are_named_in_any_letter_case() -> None:
    assert _judge(Rule(columns="revenue", match="1%"), _diff())
    assert not _judge(Rule(columns="cost", match="1%"), _diff())


def test_what_could_not_be_compared_breaks_the_rules_on_it() -> None:
    failed = Diff(ORDERS, "prod", "ci", "production", Key((), ""), None, (), failure="no such function")
    (ruling,) = _judge(Rule(removed="0"), failed)
    assert ruling.blocks
    assert "no such function" in ruling.message


def test_a_warning_does_not_block() -> None:
    (ruling,) = _judge(Rule(removed="0", severity="warn"), _diff(removed=1))
    assert ruling.broken
    assert not ruling.blocks


def test_an_intended_change_is_shown_and_does_not_block() -> None:
    meant = Intended("fct_orders", ("revenue",), "VAT", "2026-12-31", "intended_changes.yml", 1)
    (ruling,) = _judge(Rule(columns="revenue", match="99.99%"), _diff(), meant)
    assert ruling.intended == meant
    assert not ruling.blocks
    # It speaks of that column only.
    (rows,) = _judge(Rule(removed="0"), _diff(removed=1), meant)
    assert rows.blocks


def test_an_expired_acknowledgement_counts_no_more_and_says_so() -> None:
    late = Intended("fct_orders", (), "VAT", "2026-02-28", "intended_changes.yml", 4)
    (ruling,) = _judge(Rule(removed="0"), _diff(removed=1), expired=(late,))
    assert ruling.blocks
    assert "intended_changes.yml:4 acknowledges expired on 2026-02-28" in ruling.message


def test_acknowledgements_are_read_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / rules.INTENDED_FILE).write_text(
        "# meant\n- model: fct_orders\n  columns: [revenue]\n  reason: VAT\n  expires: 2026-03-01\n"
        "- {model: dim_items, reason: merged, expires: '2026-02-28'}\n",
        encoding="utf-8",
    )
    holding, expired = rules.read_intended(tmp_path, TODAY)
    assert [(each.model, each.columns, each.line) for each in holding] == [("fct_orders", ("revenue",), 2)]
    assert [(each.model, each.line) for each in expired] == [("dim_items", 6)]
    assert rules.read_intended(tmp_path / "elsewhere", TODAY) == ((), ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: x", "is not a list"),
        ("- x", "is not a mapping"),
        ("- {model: x, expires: 2026-01-01}", "has no `reason`"),
        ("- {model: x, reason: y}", "has no `expires`"),
        ("- {model: x, reason: y, expires: soon}", "not a date"),
        ("- {model: x, reason: y, expires: 2026-01-01, colums: a}", "unknown key `colums`"),
        ("- {model: x", "not valid YAML"),
    ],
)
def test_an_acknowledgement_that_cannot_be_read_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / rules.INTENDED_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        rules.read_intended(tmp_path, TODAY)


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("diff: {rules: {removed: 0}}", "`diff.rules` must be a list"),
        ("diff: {rules: [{remved: 0}]}", "unknown key `diff.rules[0].remved`"),
        ("diff: {relative_tolerance: small}", "not a number"),
        ("diff: {samples: -1}", "`diff.samples` is -1, less than 0"),
        ("diff: {rules: [{removed: few}]}", '`diff.rules[0].removed` is "few"'),
        ("diff: {rules: [{removed: -1}]}", "`diff.rules[0].removed` is -1"),
        ("diff: {rules: [{removed: true}]}", "`diff.rules[0].removed` is true"),
        ("diff: {rules: [{removed: 0, severity: fatal}]}", '`diff.rules[0].severity` is "fatal"'),
    ],
)
def test_settings_that_cannot_be_read_are_refused(tmp_path: Path, yaml: str, says: str) -> None:
    (tmp_path / "dataops.yml").write_text(yaml, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load(tmp_path)
    assert says in error.value.message


def test_rules_that_say_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="has no limit"):
        check([Rule(models="x")])


def test_a_rule_stops_a_change_and_an_acknowledgement_lets_it_pass(shop: Shop) -> None:
    settings = "diff: {rules: [{name: orders stay, models: fct_orders, removed: 0, match: 99%}]}\n"
    shop.write("dataops.yml", settings)
    shop.write(
        "models/marts/fct_orders.sql", shop.read("models/marts/fct_orders.sql") + "where orders.order_id <> 13\n"
    )
    assert shop.run("ci", "--keep").code == 1
    assert shop.run("diff").code == 1
    assert "removed is 1, allowed 0" in shop.read("target/dataops/review.md")
    shop.write("intended_changes.yml", "- {model: fct_orders, reason: order 13 was a test, expires: 2099-12-31}\n")
    assert shop.run("ci").code == 0
    assert "order 13 was a test" in shop.read("target/dataops/review.md")
    shop.write("intended_changes.yml", "- {model: fct_orders}\n")
    refused(shop.run("ci"), "intended_changes.yml:1 has no `reason`")
