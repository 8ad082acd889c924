"""The harness finds what a plan misses, and counts what it runs without need."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.mutate.edit import Edit
from bench.mutate.reached import reached
from bench.mutate.report import document, miss, table
from bench.mutate.sql_edits import KINDS
from bench.mutate.tokens import read, write
from bench.mutate.trial import STORED, Trial
from dataops.plan.plan import Plan
from dataops.project.session import Project
from tests.shop import PROJECTS, Shop

AMOUNT = "models/marts/fct_orders.sql"
STAGED = "models/staging/stg_orders.sql"
QUERY = """
with paid as (select a.id, a.total as total from {{ ref('a') }} as a where a.total > 1),
late as (select * from paid)
select late.id, sum(total) over (order by late.id) as running from late left join x on late.id = x.id
union all
select distinct id, total from {{ ref('b') }} limit 5
"""


@pytest.fixture(scope="module")
def trial(_fresh: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    # Unless a test says so, only what an edit reaches is built, and dbt is not asked.
    yield Trial(PROJECTS / "shop", tmp_path_factory.mktemp("trial"), 1, given=_fresh.production, whole=0, asked=0)


def edited(trial: Trial, kind: str, file: str, old: str, new: str) -> Edit:
    before = (trial.root / file).read_text()
    assert old in before
    return Edit(kind, file, before, before.replace(old, new, 1))


def blind(project: Project) -> Plan:
    """A plan that overlooks what lies below one model."""
    plan = STORED(project)
    return replace(plan, run=tuple(each for each in plan.run if each.unique_id != "model.shop.fct_orders"))


def test_edits_are_judged_and_shown(trial: Trial) -> None:
    verdicts = [verdict for number in range(1, 4) if (verdict := trial.run(number)) is not None]
    assert len(verdicts) == 3
    assert "state:modified+" in table("shop", verdicts, len(trial.before))
    assert [each["number"] for each in document("shop", 1, verdicts)["mutants"]] == [1, 2, 3]
    assert [trial.edit(number) for number in range(1, 4)] == [each.edit for each in verdicts]


def test_an_edit_that_a_plan_overlooks_is_a_miss(trial: Trial) -> None:
    edit = edited(trial, "literal", AMOUNT, "coalesce(payments.amount, 0)", "coalesce(payments.amount, 0) + 1")
    seeing = trial.judge(1, edit)
    assert (seeing.truth, seeing.missed) == ({"model.shop.fct_orders": "values of amount"}, {})
    missing = trial.judge(1, edit, blind)
    assert missing.missed == {"model.shop.fct_orders": "values of amount"}
    assert "MISSED by edit 1, literal\n--- " in miss(missing)
    assert "+    coalesce(payments.amount, 0) + 1 as amount" in miss(missing)


def test_white_space_in_a_literal_is_seen(trial: Trial) -> None:
    """What dbt 1.12 takes for the same file."""
    before = (trial.root / AMOUNT).read_text()
    wide = edited(trial, "literal", AMOUNT, "orders.status,", "orders.status || '  ' as status,").after
    narrow = edited(trial, "literal", AMOUNT, "orders.status,", "orders.status || ' ' as status,").after
    assert wide is not None and narrow is not None
    with Edit("literal", AMOUNT, before, wide).made(trial.root):
        trial.builder.parse([])
        wide_cache = trial.builder.cache.read_bytes()
    kept = trial.builder.base_cache.read_bytes()
    trial.builder.base_cache.write_bytes(wide_cache)
    try:
        with Edit("literal", AMOUNT, before, narrow).made(trial.root):
            parsed = trial.builder.parse([]).nodes["model.shop.fct_orders"].raw_code
    finally:
        trial.builder.base_cache.write_bytes(kept)
    assert "|| ' ' as status" in parsed


def test_what_dbt_overlooks_is_counted(trial: Trial) -> None:
    verdict = trial.judge(1, Edit("env_var", environment={"MUTATION_REGION": "us"}), thorough=True)
    assert set(verdict.truth) == {"model.shop.mutation_probe_by_environment", "model.shop.mutation_probe_summary"}
    assert set(verdict.dbt_missed) == set(verdict.truth)


def test_running_what_is_the_same_is_needless(trial: Trial) -> None:
    edit = edited(trial, "comment", AMOUNT, "select\n", "select -- a remark\n")
    assert trial.judge(1, edit).dbt is None
    verdict = trial.judge(1, edit, thorough=True)
    assert verdict.truth == {}
    assert verdict.dbt_needless == ("model.shop.fct_orders",)
    everything = trial.judge(1, verdict.edit, lambda project: replace(STORED(project), run=STORED(project).skipped))
    assert "seed.shop.orders" in everything.needless


def test_an_edit_that_does_not_build_proves_nothing(trial: Trial) -> None:
    verdict = trial.judge(1, edited(trial, "literal", AMOUNT, "orders.status", "orders.no_such_column"))
    assert "no_such_column" in (verdict.rejected or "")
    assert (trial.root / AMOUNT).read_text() == verdict.edit.before
    # DuckDB makes the view, and cannot read it.
    verdict = trial.judge(1, edited(trial, "literal", STAGED, "select\n", "select cast('eu' as integer) as region,\n"))
    assert "stg_orders cannot be read" in (verdict.rejected or "")


def test_what_an_edit_reaches_is_built_and_no_more(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Any] = []
    build = trial.builder.build

    def noted(manifest: Any, options: list[str], only: Any = None) -> None:
        built.append(only)
        build(manifest, options, only)

    monkeypatch.setattr(trial.builder, "build", noted)
    edit = edited(trial, "literal", AMOUNT, "coalesce(payments.amount, 0)", "coalesce(payments.amount, 0) + 1")
    quick, whole = trial.judge(1, edit), trial.judge(1, edit, thorough=True)
    assert built == [{"model.shop.fct_orders"}, {"model.shop.fct_orders"}, None]
    assert (quick.truth, quick.plan, quick.needless) == (whole.truth, whole.plan, whole.needless)
    del built[:]
    trial.judge(1, edited(trial, "config", "dbt_project.yml", "materialized: view", "materialized: table"))
    assert built == [None]
    # What reads a relation by its name, without `ref()`, is below it too.
    words = {**trial.known.words, "model.shop.published": frozenset(["select", "from", "fct_orders"])}
    with edit.made(trial.root):
        manifest = trial.builder.parse([])
    below = reached(replace(trial.known, words=words), manifest, edit)
    assert below == {"model.shop.fct_orders", "model.shop.published"}
    monkeypatch.setattr("bench.mutate.trial.reached", lambda *_: set())
    assert "is no build of everything" in (trial.judge(1, edit, thorough=True).failed or "")


def test_columns_that_differ_from_build_to_build_are_not_compared(trial: Trial) -> None:
    assert trial.volatile == {
        "snapshot.shop.customers_history": frozenset({"dbt_scd_id", "dbt_updated_at", "dbt_valid_from"})
    }


def test_a_relation_that_moves_or_changes_its_kind_differs(trial: Trial) -> None:
    moved = trial.judge(1, edited(trial, "config", AMOUNT, "select\n", "{{ config(alias='sold') }}select\n"))
    assert moved.truth == {"model.shop.fct_orders": 'is now "main"."sold", was "main"."fct_orders"'}
    viewed = trial.judge(1, edited(trial, "config", AMOUNT, "select\n", "{{ config(materialized='view') }}select\n"))
    assert viewed.truth == {"model.shop.fct_orders": "is now a view, was a table"}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"reformatting"}))
def test_an_edit_leaves_jinja_alone(kind: str) -> None:
    assert write(read(QUERY)) == QUERY
    after = KINDS[kind](read(QUERY), random.Random(3))
    assert after is not None and after != QUERY
    assert "{{ ref('b') }}" in after


def test_a_reformatted_file_says_the_same() -> None:
    after = KINDS["reformatting"](read(QUERY), random.Random(1))
    assert after is not None and after.count("{{ ref(") == 2
    bare = [text.replace("{{ ref('a') }}", "a").replace("{{ ref('b') }}", "b") for text in (QUERY, after)]
    with duckdb.connect() as connection:
        connection.execute(
            "create table a as select 1 as id, 2 as total; create table b as from a; create table x as select 1 as id"
        )
        assert connection.execute(bare[0]).fetchall() == connection.execute(bare[1]).fetchall()


@pytest.mark.parametrize("name", ["model added", "model removed", "model moved", "docs block", "seed, large"])
def test_an_edit_is_undone(trial: Trial, name: str) -> None:
    before = {place: place.read_bytes() for place in trial.root.rglob("*") if place.is_file()}
    edit = trial.kinds[name](trial.sources, random.Random(1))
    assert (edit is None) == (name == "docs block")
    if edit is not None:
        with edit.made(trial.root):
            during = {place: place.read_bytes() for place in trial.root.rglob("*") if place.is_file()}
            assert during != before and edit.diff
        assert {place: place.read_bytes() for place in trial.root.rglob("*") if place.is_file()} == before


def test_a_relation_that_is_gone_must_be_listed_as_removed(trial: Trial) -> None:
    text = (trial.root / AMOUNT.replace("fct_orders", "published")).read_text()
    edit = Edit("model removed", AMOUNT.replace("fct_orders", "published"), text, None)
    assert (verdict := trial.judge(1, edit)).truth == {"model.shop.published": "gone"}
    assert verdict.missed == {}
    forgetful = trial.judge(1, edit, lambda project: replace(STORED(project), changes=()))
    assert forgetful.missed == {"model.shop.published": "gone"}


def test_an_edit_of_the_environment_is_undone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    monkeypatch.setenv("REGION", "eu")
    with Edit("env_var", environment={"REGION": "us", "ZONE": "1"}).made(tmp_path):
        assert (os.environ["REGION"], os.environ["ZONE"]) == ("us", "1")
    assert os.environ["REGION"] == "eu" and "ZONE" not in os.environ
