"""A plan from no more of the project than the change reaches is the plan from all of it, or it is not made so."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.mutate import input_edits, project_edits
from dataops.config import load
from dataops.errors import DataopsError
from dataops.output import documents, terminal
from dataops.plan import planning
from dataops.project import versions
from dataops.project.session import Options, Project
from dataops.project.versions import installed
from dataops.store.state import State, pack
from tests.shop import Shop, copied, normalised

pytestmark = pytest.mark.skipif(installed() < (1, 11), reason="dbt 1.10 parses all: each plan takes the long way")
NUMBER = int(os.environ.get("EXAMPLES") or 20)

MORE = {
    "dbt_project.yml": """
name: shop
profile: shop
version: '1.0'
flags: {send_anonymous_usage_stats: false}
models: {shop: {marts: {+materialized: table}}}
vars: {region: eu}
on-run-start: ["select 1 as started"]
""",
    "packages.yml": "packages: [{local: parts}]\n",
    "parts/dbt_project.yml": "name: parts\nversion: '1.0'\n",
    "parts/models/part_orders.sql": "select order_id, 1 as part from {{ ref('stg_orders') }}\n",
    "parts/models/sizes.sql": "select 1 as size\n",
    "parts/models/unused.sql": "{{ config(enabled=false) }}\nselect 1 as nothing\n",
    "parts/models/twin.sql": "{{ config(alias='part_twin') }}\nselect 1 as id\n",
    "models/marts/twin.sql": "select 2 as id\n",
    "models/marts/inlined.sql": (
        "{{ config(materialized='ephemeral') }}\n"
        "select * from {{ ref('stg_orders') }} where order_id not in (select id from {{ ref('parts', 'twin') }})\n"
    ),
    "models/marts/reads_inlined.sql": "select order_id, status from {{ ref('inlined') }}\n",
    "models/marts/reads_parts.sql": (
        "select p.*, s.size from {{ ref('parts', 'part_orders') }} as p, {{ ref('sizes') }} as s\n"
    ),
    "models/marts/grown_v1.sql": "select order_id from {{ ref('fct_orders') }}\n",
    "models/marts/grown_v2.sql": "select order_id, status from {{ ref('fct_orders') }}\n",
    "models/marts/reads_grown.sql": "select * from {{ ref('grown') }}\n",
    "models/marts/reads_first.sql": "select * from {{ ref('grown', v=1) }}\n",
    "models/marts/kept.sql": "select order_id, {{ var('region') | length }} as r from {{ ref('fct_orders') }}\n",
    "models/marts/reads_kept.sql": "select order_id from {{ ref('kept') }}\n",
    "models/marts/regional.sql": "select '{{ env_var('SHOP_REGION', 'eu') }}' as region, 1 as id\n",
    "models/marts/off.sql": "{{ config(enabled=false) }}\nselect * from {{ ref('fct_orders') }}\n",
    "models/marts/more.yml": """
models:
  - name: grown
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
  - name: kept
    access: private
    config: {group: finance}
    description: "{{ doc('what_is_kept') }}"
    columns:
      - name: order_id
        description: "{{ doc('an_order') }}"
        data_tests:
          - not_null
          - relationships: {arguments: {to: ref('fct_orders'), field: order_id}}
          - relationships: {arguments: {to: ref('stg_orders'), field: order_id}, name: kept_of_staged}
  - name: reads_kept
    config: {group: finance}
  - name: regional
    columns: [{name: region, data_tests: [{accepted_values: {arguments: {values: [eu, us]}}}]}]
groups:
  - name: finance
    owner: {name: Finance}
unit_tests:
  - name: kept_keeps
    model: kept
    given: [{input: ref('fct_orders'), rows: [{order_id: 1}]}]
    expect: {rows: [{order_id: 1}]}
exposures:
  - name: kept_report
    type: notebook
    owner: {name: Finance}
    depends_on: [ref('fct_orders'), ref('grown')]
""",
    "models/marts/words.md": "{% docs what_is_kept %}Kept.{% enddocs %}\n{% docs an_order %}An order.{% enddocs %}\n",
    "seeds/seeds.yml": "seeds: [{name: customers, columns: [{name: id, data_tests: [unique]}]}]\n",
    "snapshots/orders_history.sql": (
        "{% snapshot orders_history %}\n{{ config(unique_key='id', strategy='check', check_cols='all') }}\n"
        "select * from {{ ref('orders') }}\n{% endsnapshot %}\n"
    ),
    "tests/waits.sql": "select * from {{ ref('later') }}\n",
    "analyses/looked_at.sql": "select * from {{ ref('fct_orders') }}\n",
    "tests/kept_is_there.sql": "{{ config(group='finance') }}select * from {{ ref('kept') }} where order_id is null\n",
}
"""What the shop gets besides: a package, versions, a group, documentation, what is inlined, switched off, or a hook."""


@pytest.fixture(scope="module")
def released(_fresh: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = copied(_fresh, tmp_path_factory.mktemp("rich") / "shop")
    for path, text in MORE.items():
        shop.write(path, text.lstrip("\n"))
    (shop.root / "dbt_packages").mkdir()
    (shop.root / "dbt_packages" / "parts").symlink_to("../parts", target_is_directory=True)
    shop.write(".gitignore", shop.read(".gitignore") + "dbt_packages/\n")
    shop.commit()
    shop.ok("deploy")
    return shop


@pytest.fixture
def rich(released: Shop) -> Shop:
    """The same shop for all, as it was released; a test that changes its state works on a copy."""
    released.git("reset", "-q", "--hard")
    released.git("clean", "-qfd")
    return released


@dataclass(frozen=True)
class Drawn:
    """A plan as it is printed, or the error; `whole` is why all of the project was parsed."""

    told: str
    whole: str


def drawn(shop: Shop, whole: bool) -> Drawn:
    # As in a fresh checkout: what an earlier edit left decides nothing.
    shutil.rmtree(shop.root / "target" / "dataops" / "parse", ignore_errors=True)
    printed = io.StringIO()
    try:
        with Project(Options(shop.root)).entered() as project:
            planned = planning.plan(project, shop.targets(project), load(shop.root), None, None, whole=whole)
    except DataopsError as error:
        return Drawn(f"{error.message}\n{error.remedy}", "an error")
    terminal.plan(Console(file=printed, width=200), planned.plan)
    return Drawn(documents.text(documents.plan(planned.plan)) + printed.getvalue(), planned.whole)


Edit = Callable[[Shop], object]


def written(path: str, text: str) -> Edit:
    return lambda shop: shop.write(path, text)


def changed(path: str, old: str, new: str) -> Edit:
    return lambda shop: shop.edit(path, old, new)


def removed(*paths: str) -> Edit:
    return lambda shop: [shop.remove(path) for path in paths]


def moved(path: str, to: str) -> Edit:
    return lambda shop: (shop.write(to, shop.read(path)), shop.remove(path))


def both(*edits: Edit) -> Edit:
    return lambda shop: [edit(shop) for edit in edits]


MARTS, MORE_YML, STAGING = "models/marts/", "models/marts/more.yml", "models/staging/staging.yml"
FCT = MARTS + "fct_orders.sql"

SHORT: dict[str, Edit] = {
    "nothing": lambda _: None,
    "a model": changed(FCT, "coalesce(payments.amount, 0)", "coalesce(payments.amount, 1)"),
    "a model that breaks its readers": changed(FCT, "orders.status", "orders.status as state"),
    "a comment": changed(FCT, "select", "select -- a remark"),
    "blanks": changed(FCT, "select\n", "select\n\n\n"),
    "a staging model": changed("models/staging/stg_orders.sql", "status", "upper(status) as status"),
    "an ephemeral model": changed("models/marts/inlined.sql", "select *", "select *, 1 as one"),
    "no longer ephemeral": changed("models/marts/inlined.sql", "ephemeral", "view"),
    "a version": changed(MARTS + "grown_v2.sql", "status", "upper(status) as status"),
    "a private model": changed(MARTS + "kept.sql", "order_id", "order_id + 0 as order_id"),
    "another ref": changed(MARTS + "published.sql", "1", "(select count(*) from {{ ref('sizes') }})"),
    "a ref to an ephemeral model": written(MARTS + "published.sql", "select count(*) as n from {{ ref('inlined') }}"),
    "a ref to a version": written(MARTS + "published.sql", "select * from {{ ref('grown', v=1) }}"),
    "a ref to the newest version": written(MARTS + "published.sql", "select * from {{ ref('grown') }}"),
    "a source": written(MARTS + "published.sql", "select * from {{ source('app', 'events') }}"),
    "a macro called": written(MARTS + "published.sql", "select {{ cents_to_euros('1') }} as one"),
    "a variable read": written(MARTS + "published.sql", "select '{{ var('region') }}' as one"),
    "a config": changed(FCT, "select\n", "{{ config(materialized='view', tags=['a']) }}\nselect\n"),
    "an alias": changed(FCT, "select\n", "{{ config(alias='another') }}\nselect\n"),
    "a model added": written(MARTS + "newest.sql", "select * from {{ ref('fct_orders') }}"),
    "a model moved": moved(FCT, "models/staging/fct_orders.sql"),
    "a leaf removed": removed(MARTS + "reads_parts.sql"),
    "two models": both(
        changed(FCT, "orders.status", "upper(orders.status) as status"),
        changed("models/staging/stg_customers.sql", "name as", "upper(name) as"),
    ),
    "an incremental model": changed(MARTS + "fct_events.sql", "customer_id\n", "customer_id + 1 as customer_id\n"),
    "a seed": changed("seeds/orders.csv", "11,1,paid", "11,1,returned"),
    "rows of a seed in another order": lambda shop: shop.write(
        "seeds/orders.csv",
        "".join([*(lines := shop.read("seeds/orders.csv").splitlines(keepends=True))[:1], *lines[:0:-1]]),
    ),
    "a column of a seed": changed("seeds/customers.csv", "id,name", "id,called"),
    "a snapshot": changed("snapshots/orders_history.sql", "select *", "select *, 1 as one"),
    "a singular test": changed("tests/no_negative_amounts.sql", "amount < 0", "amount < 1"),
    "a test added": written("tests/another.sql", "select * from {{ ref('reads_inlined') }} where false"),
    "an analysis": changed("analyses/looked_at.sql", "select *", "select 1"),
    "documentation": changed(MARTS + "words.md", "An order.", "One order."),
    "a block of documentation added": written(MARTS + "other.md", "{% docs other %}Other.{% enddocs %}"),
    "a description": changed("models/marts/marts.yml", "One row per order.", "One row, one order."),
    "a contract": changed("models/marts/marts.yml", "data_type: varchar", "data_type: text"),
    "a test's setting": changed(STAGING, "not_null]", "{not_null: {config: {severity: warn}}}]"),
    "a test in YAML added": changed("models/marts/marts.yml", "data_tests: [unique]", "data_tests: [unique, not_null]"),
    "a test in YAML removed": changed(MORE_YML, "          - not_null\n", ""),
    "a relationship elsewhere": changed(MORE_YML, "to: ref('stg_orders')", "to: ref('reads_inlined')"),
    "a unit test": changed("models/marts/marts.yml", "5 as amount", "7 as amount"),
    "a unit test's input": changed(MORE_YML, "rows: [{order_id: 1}]}]", "rows: [{order_id: 2}]}]"),
    "an exposure": changed("models/marts/marts.yml", "type: dashboard", "type: notebook"),
    "an exposure's nodes": changed(MORE_YML, "ref('grown')]", "ref('reads_kept')]"),
    "a source's schema": changed(STAGING, "schema: app", "schema: application"),
    "a source's table added": changed(STAGING, "- name: events", "- name: events\n      - name: others"),
    "properties of a seed": changed("seeds/seeds.yml", "unique]", "unique, not_null]"),
    "a YAML file added": written(
        MARTS + "again.yml", "models: [{name: reads_inlined, columns: [{name: order_id, data_tests: [unique]}]}]"
    ),
    "a model with its properties": both(
        written(MARTS + "newest.sql", "select order_id from {{ ref('fct_orders') }}"),
        written(MARTS + "newest.yml", "models: [{name: newest, columns: [{name: order_id, data_tests: [unique]}]}]"),
    ),
    "what dbt does not read": written(MARTS + "notes.txt", "nothing"),
    "switched on": changed(MARTS + "off.sql", "enabled=false", "enabled=true"),
    "a seed added": written("seeds/extra.csv", "id\n1\n"),
    "a model in another folder of another setting": moved(MARTS + "reads_parts.sql", "models/staging/reads_parts.sql"),
    "a model in a subfolder": written(MARTS + "deep/er/newest.sql", "select * from {{ ref('reads_grown') }}"),
    "switched off": changed(MARTS + "reads_parts.sql", "select", "{{ config(enabled=false) }}\nselect"),
}
"""Edits of which the plan needs a part of the project alone."""

LONG: dict[str, Edit] = {
    "a snapshot in YAML": changed("snapshots/customers_history.yml", "check_cols: all", "check_cols: [customer_name]"),
    "a macro added": written("macros/another.sql", "{% macro another() %}1{% endmacro %}"),
    "a macro in place of dbt's": written(
        "macros/alias.sql", "{% macro generate_alias_name(custom_alias_name=none, node=none) %}a{% endmacro %}"
    ),
    "a macro": changed("macros/cents_to_euros.sql", "/ 100", "/ 100.0"),
    "a setting": changed("dbt_project.yml", "+materialized: table", "+materialized: view"),
    "a package": changed("parts/models/sizes.sql", "1 as size", "2 as size"),
    "versions": changed(MORE_YML, "latest_version: 2", "latest_version: 1"),
    "a group": changed(MORE_YML, "owner: {name: Finance}", "owner: {name: Money}"),
    "a name that is elsewhere": written(MARTS + "sizes.sql", "select 2 as size"),
    "a model that a test waits for": written(MARTS + "later.sql", "select 1 as id"),
    "a relation that is elsewhere": written(
        MARTS + "published.sql", "{{ config(alias='fct_' ~ 'orders') }}select 1 as a"
    ),
    "a name of two kinds": written("seeds/fct_orders.csv", "a\n1\n"),
    "a name of two files": written("models/staging/fct_orders.sql", "select 1 as a"),
    "a ref to nothing": written(MARTS + "published.sql", "select * from {{ ref('nowhere') }}"),
    "a ref that is computed": written(MARTS + "published.sql", "select * from {{ ref('fct_' ~ 'events') }}"),
    "a computed ref to one of two": written(
        MARTS + "reads_inlined.sql",
        "select order_id from {{ ref('inlined') }} where order_id in (select id from {{ ref('tw' ~ 'in') }})",
    ),
    "a ref to what is off": written(MARTS + "published.sql", "select * from {{ ref('off') }}"),
    "a ref to what is private": written(MARTS + "published.sql", "select * from {{ ref('kept') }}"),
    "a reader that is in no group any more": changed(
        MORE_YML, "  - name: reads_kept\n    config: {group: finance}\n", ""
    ),
    "a cycle": changed("models/staging/stg_payments.sql", "{{ ref('payments') }}", "{{ ref('fct_orders') }}"),
    "no Jinja": written(MARTS + "published.sql", "select {{ 1 "),
    "no YAML": written(MARTS + "again.yml", "models: [{name: "),
    "two entries": written(MARTS + "again.yml", "models: [{name: kept}]"),
    "two blocks of documentation": written(MARTS + "other.md", "{% docs an_order %}Other.{% enddocs %}"),
    "documentation removed": removed(MARTS + "words.md"),
    "a parent removed": removed(FCT),
    "a parent switched off": changed(FCT, "select\n", "{{ config(enabled=false) }}\nselect\n"),
    "a version removed": removed(MARTS + "grown_v1.sql"),
    "how git writes files": written(".gitattributes", "*.sql text eol=crlf\n"),
    "a file for dbt to ignore": written(".dbtignore", "models/marts/published.sql\n"),
}
"""Edits of which it has to be told from the whole, or that are errors, which are told by the whole."""


@pytest.mark.parametrize("name", SHORT)
def test_a_part_tells_what_the_whole_tells(rich: Shop, name: str) -> None:
    SHORT[name](rich)
    part = drawn(rich, whole=False)
    assert part.whole == ""
    assert part.told == drawn(rich, whole=True).told


@pytest.mark.parametrize("name", LONG)
def test_what_a_part_cannot_tell_is_left_to_the_whole(rich: Shop, name: str) -> None:
    LONG[name](rich)
    part = drawn(rich, whole=False)
    assert part.whole != ""
    assert part.told == drawn(rich, whole=True).told


def test_a_test_that_waited_for_a_model_runs_when_it_comes(rich: Shop) -> None:
    """dbt's partial parse leaves a test switched off whose ref found nothing, also when there is such a model."""
    unchanged = json.loads(rich.ok("plan", "--format", "json").out)
    assert not unchanged["changes"]
    LONG["a model that a test waits for"](rich)
    plan = json.loads(rich.ok("plan", "--format", "json").out)
    assert {each["unique_id"] for each in plan["run"]} == {"model.shop.later", "test.shop.waits"}
    assert plan["full_parse"] == "a test that waited for later can run now"
    rich.edit(MARTS + "later.sql", "1 as id", "2 as id")
    again = json.loads(rich.ok("plan", "--format", "json").out)
    assert (again["run"], again["full_parse"]) == (plan["run"], None)


def test_a_release_without_an_index_or_with_a_damaged_one(
    rich: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier versions stored none. A checkout's own copy may be lost, or anything."""
    rich = copied(rich, tmp_path / "copy")
    monkeypatch.chdir(rich.root)
    SHORT["a model"](rich)
    told = drawn(rich, whole=False)
    (index,) = (rich.root / "target" / "dataops" / "index").iterdir()
    index.write_bytes(index.read_bytes()[:5000])
    damaged = drawn(rich, whole=False)
    assert damaged.told == told.told
    assert damaged.whole.startswith("the index or the settings cannot be read")
    index.unlink()
    assert drawn(rich, whole=False).whole == ""
    state = State(".dataops/state")
    bundle, live = state.bundle(), state.release(rich.live)
    assert bundle is not None
    assert live is not None
    names = (
        "relations.json",
        "compiled.json",
        "catalog.json",
        "inputs.json",
        "fingerprints/ci.json",
        "parse/ci.msgpack",
    )
    state.record(live, pack({name: bundle.read(name) or b"" for name in names}))
    state.point(live.id)
    earlier = drawn(rich, whole=False)
    assert (earlier.told, earlier.whole) == (told.told, "the release has no index")


def test_a_variable_of_the_environment_counts(rich: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one from a file that dbt loads by itself, from 1.12 on."""
    SHORT["a model"](rich)
    monkeypatch.setenv("SHOP_REGION", "us")
    part = drawn(rich, whole=False)
    assert "the environment" in part.whole
    assert part.told == drawn(rich, whole=True).told
    assert "model.shop.regional" in part.told
    monkeypatch.delenv("SHOP_REGION")
    if versions.installed() < (1, 12):
        return
    rich.write(".env", "SHOP_REGION=us\n")
    try:
        again = drawn(rich, whole=False)
        assert (again.whole, again.told) == (part.whole, part.told)
    finally:
        os.environ.pop("SHOP_REGION", None)


def test_the_process_of_a_plan_ends_in_order(rich: Shop) -> None:
    """It does not wait until all that dbt has loaded is taken apart; nothing is lost, and nothing complains."""
    SHORT["a model"](rich)
    ran = rich.command("plan", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == rich.plan()


@pytest.mark.parametrize(
    ("edits", "near"),
    [
        (["a model", "a test in YAML added", "a staging model"], [""]),
        (["a unit test"], [""]),
        (["a comment"], [""]),
        (["a model that is personal"], ["", "asked for"]),
        (["a model that walks the graph"], ["", "asked for"]),
    ],
)
def test_a_review_of_a_part_is_that_of_the_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, edits: list[str], near: list[str]
) -> None:
    """Lint, build and the comparison of data need no more than the plan, or get all of the project."""
    if edits == ["a model that is personal"]:
        shop.write("models/marts/tags.yml", "models: [{name: published, columns: [{name: edition, tags: [pii]}]}]")
        shop.commit()
        shop.ok("deploy")
    drawn: list[str] = []

    def plan(*given: Any, **more: Any) -> planning.Planned:
        planned = planning.plan(*given, **more)
        drawn.append(planned.whole)
        return planned

    for name in edits:
        FOR_REVIEW.get(name, SHORT.get(name, both()))(shop)
    monkeypatch.setattr("dataops.review.gate.plan", plan)
    part = shop.run("ci", "--format", "json")
    assert drawn == near
    monkeypatch.setattr("dataops.review.gate.plan", lambda *given, **more: plan(*given, **{**more, "whole": True}))
    whole = shop.run("ci", "--format", "json")
    assert (part.code, timeless(part.out), part.err) == (whole.code, timeless(whole.out), whole.err)


FOR_REVIEW: dict[str, Edit] = {
    "a model that is personal": changed(MARTS + "published.sql", "1 as edition", "2 as edition"),
    "a model that walks the graph": changed(MARTS + "published.sql", "1 as", "{{ graph.nodes | length * 0 + 2 }} as"),
}


def timeless(text: str) -> str:
    """A review without how long it took, and without which of two nodes that are ready dbt takes first.

    Nor does it say how many nodes were there to be judged by conventions; what is found is the same.
    """
    document = json.loads(text)
    for name in ("nodes", "known", "excepted"):
        del document["check"][name]
    document["results"].sort(key=lambda each: each["unique_id"])
    text = json.dumps(document, indent=2)
    return re.sub(r"\b\d+\.\d+(e-\d+)?\b", "N", normalised(text))


def test_random_edits(rich: Shop) -> None:
    """Kinds of the mutation harness, none of them made for this."""
    kinds = {**project_edits.kinds(), **input_edits.kinds()}
    given = project_edits.sources(rich.root)
    near = 0
    for number in range(NUMBER):
        dice = random.Random(f"partly/{number}")
        names = sorted(kinds)
        dice.shuffle(names)
        edit = next(each for each in (kinds[name](given, dice) for name in names) if each is not None)
        if edit.vars or edit.flags or edit.environment:
            continue
        with edit.made(rich.root):
            part = drawn(rich, whole=False)
            assert part.told == drawn(rich, whole=True).told, f"{edit.kind}\n{edit.diff}"
            near += part.whole == ""
    assert near > NUMBER // 4
