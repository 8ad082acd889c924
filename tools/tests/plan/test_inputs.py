"""Each input of a node: changed, it counts, with its name; left alone, nothing does. And dbt's own answer beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.graph.selector_methods import StateSelectorMethod

from dataops.project.invocation import Parsed
from tests.shop import Shop, copied, last, lay_out, ran


def details(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Short names of what changed, with which input; only what is not cosmetic."""
    return {last(each["unique_id"]): each["details"] for each in plan["changes"] if not each["cosmetic"]}


def cosmetic(plan: dict[str, Any]) -> set[str]:
    return {last(each["unique_id"]) for each in plan["changes"] if each["cosmetic"]}


def parsed(shop: Shop, **options: Any) -> Parsed:
    project = shop.project(**options)
    with project.entered():
        return project.parse(shop.targets(project).parsing)


def dbt_selects(before: Parsed, after: Parsed) -> set[str]:
    """What `state:modified` selects, by name."""
    state: Any = SimpleNamespace(manifest=before.manifest)
    method = StateSelectorMethod(after.manifest, state, [])
    return {last(uid) for uid in method.search(set(after.manifest.nodes) | set(after.manifest.sources), "modified")}


def reads_var(shop: Shop, default: str = "") -> None:
    shop.write("models/marts/published.sql", f"select {{{{ var('edition'{default}) }}}} as edition\n")


# -- each input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "node", "detail"),
    [
        ("models/marts/marts.yml", "- name: fct_orders\n", "- name: fct_orders\n    config: {tags: [a]}\n", None, None),
        (
            "models/marts/marts.yml",
            "- name: fct_orders\n",
            "- name: fct_orders\n    config: {meta: {a: 1}}\n",
            None,
            None,
        ),
        ("models/marts/marts.yml", "- name: fct_orders\n", "- name: fct_orders\n    access: public\n", None, None),
        (
            "models/staging/staging.yml",
            "- name: events",
            "- name: events\n        description: What happens.",
            None,
            None,
        ),
        (
            "models/staging/staging.yml",
            "- name: events",
            "- name: events\n        identifier: old",
            "app.events",
            "source",
        ),
        (
            "dbt_project.yml",
            "+materialized: table",
            "+materialized: view",
            "published",
            "config materialized: table -> view",
        ),
        (
            "dbt_project.yml",
            "+materialized: table",
            "+materialized: table\n      +post-hook: select 1",
            "published",
            "config post_hook",
        ),
        (
            "models/marts/fct_events.sql",
            "unique_key='event_id'",
            "unique_key='customer_id'",
            "fct_events",
            "config unique_key: event_id -> customer_id",
        ),
        (
            "models/staging/staging.yml",
            "not_null]",
            "{not_null: {config: {severity: warn}}}]",
            "not_null_stg_customers_customer_id",
            "config severity: ERROR -> warn",
        ),
    ],
)
def test_configuration(shop: Shop, file: str, old: str, new: str, node: str | None, detail: str | None) -> None:
    """What decides data counts, tags, meta, access and a source's description do not."""
    shop.edit(file, old, new)
    plan = shop.plan("--base", "main")
    if node is None:
        assert details(plan) == {}
        assert plan["run"] == []
    else:
        assert detail in details(plan)[node]


def test_meta_counts_where_the_model_reads_it(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "select {{ config.get('meta', {}).get('edition', 1) }} as edition\n")
    shop.write("models/marts/published.yml", "models: [{name: published, config: {meta: {edition: 1}}}]\n")
    shop.commit()
    shop.edit("models/marts/published.yml", "edition: 1", "edition: 2")
    assert ran(shop.plan("--base", "main")) == {"published"}


def test_a_macro_below_a_macro(shop: Shop) -> None:
    shop.write("macros/hundredth.sql", "{% macro hundredth() %}100{% endmacro %}\n")
    shop.edit("macros/cents_to_euros.sql", "/ 100", "/ {{ hundredth() }}")
    shop.commit()
    shop.edit("macros/hundredth.sql", "100", "1000")
    found = shop.plan("--base", "main")
    assert details(found) == {"stg_payments": ["macro hundredth"]}
    assert [each["columns"]["changed"] for each in found["changes"]] == [["amount"]]


def test_a_macro_that_takes_the_place_of_dbt_s_own(shop: Shop) -> None:
    """Nothing that the model names has changed: dispatch finds another macro."""
    shop.write("models/marts/published.sql", "select {{ dbt.concat(['1', '2']) }} as edition\n")
    shop.commit()
    shop.write(
        "macros/concat.sql", "{% macro duckdb__concat(fields) %}concat({{ fields | join(', ') }}){% endmacro %}\n"
    )
    shop.edit(
        "dbt_project.yml",
        "profile: shop",
        "profile: shop\ndispatch: [{macro_namespace: dbt, search_order: [shop, dbt]}]",
    )
    assert details(shop.plan("--base", "main")) == {"published": ["macro duckdb__concat"]}


def test_a_type_that_dbt_names_is_no_question_to_the_warehouse(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "select cast(1 as {{ dbt.type_int() }}) as edition\n")
    shop.commit()
    shop.edit("models/marts/published.sql", "select", "SELECT")
    plan = shop.plan("--base", "main")
    assert (plan["run"], cosmetic(plan)) == ([], {"published"})


def test_the_environment(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.write("models/marts/published.sql", "select {{ env_var('EDITION', '1') }} as edition\n")
    fresh.commit()
    monkeypatch.setenv("EDITION", "4711000001")
    fresh.ok("deploy")
    assert fresh.plan()["changes"] == []
    assert b"4711000001" not in _stored(fresh, "fingerprints/ci.json")
    monkeypatch.setenv("UNREAD", "2")
    assert fresh.plan()["changes"] == []
    monkeypatch.setenv("EDITION", "2")
    assert details(fresh.plan()) == {"published": ["env EDITION"]}


def test_line_endings_and_places_of_files(shop: Shop) -> None:
    for path in [
        *shop.root.rglob("models/**/*.sql"),
        *shop.root.rglob("seeds/*.csv"),
        *shop.root.rglob("macros/*.sql"),
    ]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    shutil.move(shop.root / "models/marts/published.sql", shop.root / "models/published.sql")
    shop.edit("dbt_project.yml", "    marts:\n", "    published: {+materialized: table}\n    marts:\n")
    plan = shop.plan()
    assert (details(plan), plan["run"]) == ({}, [])


def test_a_volatile_model_that_nobody_touched(fresh: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deployed under production's target; planned under another, elsewhere, later, from nothing."""
    fresh.write(
        "models/marts/published.sql",
        "{{ config(tags=['at ' ~ run_started_at]) }}\n"
        "select 1 as edition, '{{ invocation_id }}' as run, '{{ modules.datetime.datetime.now() }}' as at,\n"
        "  '{{ target.name }}' as target_name\n",
    )
    fresh.commit()
    fresh.ok("deploy")
    other = copied(fresh, tmp_path / "elsewhere")
    shutil.rmtree(other.root / "target")
    other.write("models/marts/new.sql", "select 1 as one\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert details(other.plan()) == {"new": ["new"]}


def test_a_changed_version_is_told_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = __import__("importlib.metadata").metadata.version
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9" if name == "duckdb" else real(name))
    plan = shop.plan()
    assert (plan["run"], [each.split(" ")[0] for each in plan["toolchain"]]) == ([], ["duckdb"])
    assert "model.shop.published" in {each["unique_id"] for each in shop.plan("--strict")["run"]}


def test_breaking_a_reader(shop: Shop) -> None:
    shop.edit("models/intermediate/int_order_payments.sql", "as amount", "as total")
    found = shop.run("ci")
    assert found.code == 1
    assert "models/marts/fct_orders.sql:5 fct_orders reads amount of int_order_payments, which is removed" in found.out
    assert "Built and tested" not in found.out


def test_the_story_of_one_node(shop: Shop) -> None:
    shop.edit("macros/cents_to_euros.sql", "/ 100", "/ 1000")
    told = shop.ok("plan", "--explain", "fct_orders").out
    assert "fct_orders runs: reads changed column amount of int_order_payments" in told
    assert "stg_customers is left alone" in shop.ok("plan", "--explain", "stg_customers").out


# -- dbt's answer and ours --------------------------------------------------------------------------------------------


def test_dbt_4304_a_variable(shop: Shop) -> None:
    reads_var(shop)
    shop.edit("dbt_project.yml", "flags:", "vars: {edition: 1, unread: 1}\nflags:")
    shop.commit()
    before = parsed(shop)
    shop.edit("dbt_project.yml", "edition: 1, unread: 1", "edition: 2, unread: 2")
    assert dbt_selects(before, parsed(shop)) == set()
    plan = shop.plan("--base", "main")
    assert details(plan) == {"published": ["var edition"]}
    assert len(plan["changes"]) == 1, "the other variable is read by nothing"


def test_a_variable_of_the_command_line(fresh: Shop) -> None:
    reads_var(fresh, ", 1")
    fresh.commit()
    fresh.ok("deploy")
    assert fresh.plan()["changes"] == []
    assert details(fresh.plan("--vars", "edition: 2")) == {"published": ["var edition"]}


def test_dbt_7117_a_large_seed(shop: Shop) -> None:
    rows = "".join(f"{number},{'x' * 100}\n" for number in range(11_000))
    shop.write("seeds/large.csv", "id,word\n" + rows)
    shop.commit()
    before = parsed(shop)
    shop.edit("seeds/large.csv", "10999,x", "10999,y")
    assert dbt_selects(before, parsed(shop)) == set()
    assert details(shop.plan("--base", "main")) == {"large": ["seed in word"]}


def test_dbt_8884_comments_and_layout(shop: Shop) -> None:
    before = parsed(shop)
    for name in ("staging/stg_payments", "marts/fct_events", "marts/fct_orders"):
        text = shop.read(f"models/{name}.sql")
        shop.write(f"models/{name}.sql", text.replace("select\n", "select -- what it is\n\n"))
    assert dbt_selects(before, parsed(shop)) == {"stg_payments", "fct_events", "fct_orders"}
    plan = shop.plan()
    assert (plan["run"], cosmetic(plan)) == ([], {"stg_payments", "fct_events", "fct_orders"})


def test_dbt_9562_configuration_that_depends_on_where_it_runs(fresh: Shop) -> None:
    """Sources and models whose place or materialization follows the target: the same code is no change."""
    fresh.edit(
        "models/staging/staging.yml", "schema: app", "schema: \"{{ 'app' if target.name != 'dev' else 'dev' }}\""
    )
    fresh.edit(
        "dbt_project.yml",
        "+materialized: table",
        "+materialized: \"{{ 'table' if target.name == 'prod' else 'view' }}\"",
    )
    fresh.commit()
    fresh.ok("deploy")
    fresh.write("models/marts/new.sql", "select 1 as one\n")
    assert details(fresh.plan()) == {"new": ["new"]}


def test_dbt_10343_other_parents_under_the_same_text(shop: Shop) -> None:
    text = "select 1 as edition\n-- {{ ref('stg_orders') if var('which', 'o') == 'o' else ref('stg_customers') }}\n"
    shop.write("models/marts/published.sql", text)
    shop.edit("dbt_project.yml", "flags:", "vars: {which: o}\nflags:")
    shop.commit()
    before = parsed(shop)
    shop.edit("dbt_project.yml", "which: o", "which: c")
    assert dbt_selects(before, parsed(shop)) == set()
    reasons = details(shop.plan("--base", "main"))["published"]
    assert "depends_on reads shop.stg_customers, no longer shop.stg_orders" in [
        each.replace("stg_", "shop.stg_") for each in reasons
    ]


def test_dbt_12469_a_key_of_a_column_that_is_not_dbt_s(shop: Shop) -> None:
    """The adapter may write it to the relation, which is made anew; whoever reads that sees the same rows."""
    column = "      - {name: amount, tags_of_ours: {pii: no}}\n"
    shop.edit("models/marts/marts.yml", "  - name: dim", f"{column}  - name: dim")
    shop.write("models/marts/below.sql", "select * from {{ ref('fct_orders') }}\n")
    shop.commit()
    before = parsed(shop)
    shop.edit("models/marts/marts.yml", "pii: no", "pii: yes")
    assert dbt_selects(before, parsed(shop)) == set()
    plan = shop.plan("--base", "main")
    assert details(plan) == {"fct_orders": ["config keys of columns", "columns"]}
    assert "fct_orders" in ran(plan)
    assert "below" not in ran(plan)


def test_dbt_15957_says_why(shop: Shop) -> None:
    """dbt answers with a list of names; the plan names the input, what it does, and the way it takes."""
    shop.edit("macros/cents_to_euros.sql", "/ 100", "/ 1000")
    (change,) = shop.plan()["changes"]
    assert (change["details"], change["meaning"]) == (["macro cents_to_euros"], "column amount is computed differently")


def test_what_dbt_s_manifest_alone_tells(shop: Shop) -> None:
    """Without a record of variables, whoever reads one is compared by its compiled SQL."""
    reads_var(shop, ", 1")
    shop.commit()
    shop.ok("deploy")
    artifacts = shop.root / "artifacts"
    artifacts.mkdir()
    manifest = json.loads((shop.root / "target/dataops/deploy/manifest.json").read_text())
    (artifacts / "manifest.json").write_text(json.dumps(manifest))
    plan = shop.plan("--state", "artifacts")
    assert (plan["run"], cosmetic(plan)) == ([], {"published"})
    assert "published" in details(shop.plan("--state", "artifacts", "--vars", "edition: 2"))


# -- without dbt ------------------------------------------------------------------------------------------------------


def test_nothing_of_the_project_changed(shop: Shop) -> None:
    shop.write("README.md", "About this.\n")
    for words in ((), ("--base", "main")):
        plan = shop.plan(*words)
        assert (plan["parsed"], plan["changes"], plan["run"]) == (False, [], [])


@pytest.mark.parametrize(
    "touch",
    [
        lambda shop: shop.write("models/new.sql", "select 1 as one\n"),
        lambda shop: shop.write("seeds/orders.csv", shop.read("seeds/orders.csv") + "12,1,paid\n"),
        lambda shop: shop.write("packages.yml", "packages: []\n"),
        lambda shop: shop.write("dataops.yml", "lint: {blocking: false}\n"),
        lambda shop: shop.edit("profiles/profiles.yml", "threads: 2", "threads: 1"),
        lambda shop: shop.remove("tests/no_negative_amounts.sql"),
        lambda shop: (shop.root / "macros/link.sql").symlink_to("/nowhere.sql"),
        lambda shop: shop.git("update-index", "--assume-unchanged", "models/marts/published.sql"),
    ],
)
def test_what_is_looked_at_more_closely(shop: Shop, touch: Any) -> None:
    from dataops.plan.untouched import Given, answer

    for base in (None, "main"):
        given = Given(shop.root, {}, base, str(shop.root / ".dataops/state"))
        assert answer(given) is not None
    touch(shop)
    for base in (None, "main"):
        assert answer(Given(shop.root, {}, base, str(shop.root / ".dataops/state"))) is None


def test_a_release_of_what_is_in_no_commit(tmp_path: Path) -> None:
    shop = lay_out(tmp_path / "shop", project="editions")
    shop.write("models/marts/extra.sql", "select 1 as one\n")
    shop.ok("deploy")
    shop.remove("models/marts/extra.sql")
    assert [each["kind"] for each in shop.plan()["changes"]] == ["removed"]


def test_other_variables_are_looked_at_more_closely(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.plan()["parsed"] is False
    assert shop.plan("--vars", "a: 1")["parsed"] is True
    monkeypatch.setenv("DBT_QUIET", "1")
    assert shop.plan()["parsed"] is True


def _stored(shop: Shop, name: str) -> bytes:
    from dataops.store.state import State

    bundle = State(str(shop.root / ".dataops/state")).bundle()
    assert bundle is not None
    return bundle.read(name) or b""


def test_a_seed_cell_reaches_the_readers_of_its_column(shop: Shop) -> None:
    shop.edit("seeds/orders.csv", shop.read("seeds/orders.csv").splitlines()[1].split(",")[-1], "kept")
    plan = shop.plan()
    seed = next(each for each in plan["changes"] if each["unique_id"] == "seed.shop.orders")
    assert seed["columns"]["changed"] == ["status"]
    assert "fct_orders" in ran(plan)
    assert "int_order_payments" not in ran(plan)


def test_a_seed_column_that_nobody_reads_reaches_nobody(shop: Shop) -> None:
    header, *rows = shop.read("seeds/customers.csv").splitlines()
    shop.write("seeds/customers.csv", "\n".join([f"{header},note", *(f"{row},x" for row in rows)]) + "\n")
    shop.ok("deploy", "--full-refresh")
    shop.edit("seeds/customers.csv", ",x", ",y")
    assert {each for each in ran(shop.plan()) if "customers" in each} == {"customers"}


def test_a_seed_whose_rows_moved_reaches_those_who_see_the_order(shop: Shop) -> None:
    header, *rows = shop.read("seeds/payments.csv").splitlines()
    shop.write("seeds/payments.csv", "\n".join([header, *reversed(rows)]) + "\n")
    found = ran(shop.plan())
    assert {"payments", "int_order_payments"} <= found, "a sum of fractions depends on their order"
    assert "stg_payments" not in found


def test_other_quotes_and_ends_of_lines_are_the_same_seed(shop: Shop) -> None:
    rows = shop.read("seeds/payments.csv").splitlines()
    first, *rest = rows[0].split(",")
    shop.write("seeds/payments.csv", "\r\n".join([",".join([f'"{first}"', *rest]), *rows[1:]]) + "\r\n")
    plan = shop.plan()
    assert ran(plan) == set()
    told = next(each for each in plan["changes"] if each["unique_id"] == "seed.shop.payments")
    assert (told["details"], told["cosmetic"]) == (["seed only quotes or ends of lines differ"], True)
    shop.write("seeds/payments.csv", "\r\n".join([rows[0], "\n".join(rows[1:])]) + "\n")
    assert "payments" in ran(shop.plan()), "no engine has to read a file whose lines end in several ways"
    shop.write("seeds/said.csv", "id,word\n1,'a'\n")
    shop.commit()
    shop.write("seeds/said.csv", "id,word\n\"1\",'a'\n")
    assert "said" in ran(shop.plan("--base", "main")), "where no other quotes are an engine may take these for some"


def test_a_seed_row_more_reaches_all_that_is_below(shop: Shop) -> None:
    shop.write("seeds/payments.csv", shop.read("seeds/payments.csv") + "105,10,1\n")
    assert {"payments", "stg_payments", "int_order_payments", "fct_orders"} <= ran(shop.plan())
