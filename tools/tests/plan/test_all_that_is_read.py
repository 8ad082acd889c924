"""Inputs that are in no model's text: packages, the order of dispatch, where a source is read, functions, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dataops.project import fingerprint
from dataops.project.jinja import ANY_ENV, ANY_MACRO, ANY_VAR, EVERYTHING, OWN_CONFIG, TARGET, layout, reads
from dataops.project.packages import Side, lay_out
from dataops.project.versions import installed
from tests.shop import Shop, ran
from tests.shop import lay_out as shop_in

SETTINGS = """
name: shop
version: 1.0.0
profile: shop
packages-install-path: vendor
dispatch: [{macro_namespace: money, search_order: [money, shop]}]
vars: {inner: 1}
models: {shop: {+materialized: table}}
"""
PROFILE = "shop: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb, threads: 1}}}\n"
MASKING = "{% macro masked() %}{% for name, it in model.columns.items() %}{{ it.meta }}{% endfor %}{% endmacro %}"
FUNCTIONS = """
{% macro duckdb__scalar_function_create_replace_signature_sql(target_relation) %}
create or replace function {{ target_relation.render() }} (a) as
{% endmacro %}
{% macro duckdb__scalar_function_body_sql() %} ({{ model.compiled_code }}) {% endmacro %}
"""
NET = """
{% macro net(c) %}{{ return(adapter.dispatch('net', 'money')(c)) }}{% endmacro %}
{% macro default__net(c) %}({{ c }} * 0.8){% endmacro %}
"""
FILES = {
    "dbt_project.yml": SETTINGS,
    "profiles.yml": PROFILE,
    "packages.yml": "packages: [{package: acme/money, version: 1.0.0}, {local: ../near}]\n",
    "../near/dbt_project.yml": "name: near\nversion: 1.0.0\n",
    "../near/models/rates.sql": "select 1 as id, 0.2 as rate\n",
    "vendor/money/dbt_project.yml": "name: money\nversion: 1.0.0\n",
    "vendor/money/macros/net.sql": NET,
    "macros/net.sql": "{% macro default__net(c) %}({{ c }} * 0.5){% endmacro %}\n",
    "macros/masked.sql": MASKING,
    "macros/functions.sql": FUNCTIONS,
    "macros/among.sql": "{% macro among(them, it) %}{{ it }}{% endmacro %}\n",
    "functions/halved.sql": "a / 2\n",
    "functions/functions.yml": (
        "functions: [{name: halved, description: d, arguments: [{name: a, data_type: double, description: d}],"
        " returns: {data_type: double}}]\n"
    ),
    "models/by_dispatch.sql": "select {{ money.net('100') }} as amount\n",
    "models/by_function.sql": "select {{ function('halved') }}(100) as amount\n",
    "models/by_nested.sql": "select {{ among({'a': {'b': 1}}, var('inner')) }} as amount\n",
    "models/by_python.py": "def model(dbt, session):\n    return dbt.config.get('meta')\n",
    "models/by_source.sql": "select * from {{ source('files', 'days') }}\n",
    "models/by_text.sql": "select {{ source('files', 'days') }} as place\n",
    "models/by_hook.sql": "{{ config(post_hook='select 1 {{ masked() }}') }} select 1 as name\n",
    "models/by_seed.sql": "select note from {{ ref('notes') }}\n",
    "models/untouched.sql": "select 1 as one\n",
    "models/models.yml": (
        "sources: [{name: files, tables: [{name: days, config: {meta: {external_location: 'a.csv', owner: x}}}]}]\n"
        "models:\n- {name: by_python, config: {meta: {n: 1}}}\n"
        "- {name: by_hook, columns: [{name: name, config: {meta: {mask: 'no'}}}]}\n"
    ),
    "seeds/notes.csv": 'id,note\n1,"two\nlines"\n',
}


BY_FUNCTION = {"shop.halved", "halved", "by_function"} if installed() < (1, 11) else set()
"""What dbt 1.10, which has no functions, cannot have."""
if BY_FUNCTION:
    FILES = {name: text for name, text in FILES.items() if "functions" not in name} | {
        "models/by_function.sql": "select 1 as one\n",
        "functions/halved.sql": "a / 2\n",
    }


@pytest.fixture
def around(tmp_path: Path) -> Shop:
    """A project whose nodes each read one thing that is not in their text, with its base committed."""
    shop = Shop(tmp_path / "top" / "dbt", tmp_path / "top")
    for name, text in FILES.items():
        shop.write(name, text)
    shop.write("../.gitignore", "target/\nlogs/\n")
    (shop.root / "vendor/near").symlink_to(shop.top / "near")
    shop.git("init", "-q", "-b", "main")
    shop.commit("base")
    return shop


def details(plan: dict[str, Any]) -> dict[str, list[str]]:
    return {each["unique_id"].split(".", 1)[1]: each["details"] for each in plan["changes"] if not each["cosmetic"]}


def test_each_input_reaches_those_that_read_it(around: Shop) -> None:
    """All are edited at once: each node names its own, and the node that reads none of them is left alone."""
    assert around.plan("--base", "main")["changes"] == []
    around.edit("dbt_project.yml", "[money, shop]", "[shop, money]")
    around.edit("dbt_project.yml", "inner: 1", "inner: 2")
    around.edit("models/models.yml", "a.csv", "b.csv")
    around.edit("models/models.yml", "n: 1", "n: 2")
    around.edit("models/models.yml", "mask: 'no'", "mask: 'yes'")
    around.edit("functions/halved.sql", "/ 2", "/ 3")
    around.edit("../near/models/rates.sql", "0.2", "0.25")
    (around.root / "seeds/notes.csv").write_bytes(b'id,note\n1,"two\r\nlines"\n')
    plan = around.plan("--base", "main")
    found = details(plan)
    expected = {
        "shop.by_dispatch": ["dispatch money"],
        "shop.halved": ["sql"],
        "shop.by_nested": ["var inner"],
        "shop.by_python": ["config meta", "config what it asks for"],
        "shop.files.days": ["config meta", "source"],
        "shop.by_hook": ["columns"],
        "shop.notes": ["seed in note"],
        "near.rates": ["sql"],
    }
    assert found == {name: why for name, why in expected.items() if name not in BY_FUNCTION}
    built = {
        "by_dispatch",
        "halved",
        "by_function",
        "by_nested",
        "by_python",
        "by_source",
        "by_text",
        "by_hook",
        "notes",
    }
    assert ran(plan) == {*built, "by_seed", "rates"} - BY_FUNCTION


def test_what_holds_for_all_nodes_counts_for_all(around: Shop) -> None:
    """A vendored package, settings of the profile, quoting, a flag of behaviour, a hook that is gone."""
    around.edit("dbt_project.yml", "name: shop\n", "name: shop\non-run-start: set threads = 1\n")
    around.commit()
    around.edit("dbt_project.yml", "on-run-start: set threads = 1\n", "flags: {printer_width: 40, newer: true}\n")
    around.edit("dbt_project.yml", "name: shop\n", "name: shop\nquoting: {identifier: false}\nquery-comment: x\n")
    around.edit("profiles.yml", "threads: 1", "threads: 2, module_paths: [lib], settings: {TimeZone: Asia/Tokyo}")
    plan = around.plan("--base", "main")
    reasons = details(plan)["shop.untouched"]
    assert reasons == [
        "hook shop.shop-on-run-start-0, which may touch anything".replace("shop.shop", "shop"),
        "flag newer",
        "profile module_paths",
        "profile settings",
        "quoting",
    ]
    around.write("lib/helping.py", "RATE = 1\n")
    around.commit()
    around.edit("lib/helping.py", "1", "2")
    assert details(around.plan("--base", "main"))["shop.untouched"] == ["profile module_paths"]


def test_quotes_around_names_count_where_they_can_be_seen(around: Shop) -> None:
    """DuckDB knows a name with them and without: what the SQL tells, a hook, a name in capitals and what is no SQL."""
    around.write("models/by_name.sql", "select one, '{{ ref('untouched') }}' as place from {{ ref('untouched') }}\n")
    around.write("models/reads.sql", "select one from {{ ref('untouched') }}\n")
    around.write("models/Loud.sql", "select one from {{ ref('untouched') }}\n")
    grows = "{{ config(materialized='incremental') }} select one from {{ ref('untouched') }}"
    around.write("models/grows.sql", grows + "\n")
    around.commit()
    around.edit("dbt_project.yml", "name: shop\n", "name: shop\nquoting: {identifier: false}\n")
    found = {each.split(".")[-1] for each in details(around.plan("--base", "main"))}
    assert found == {"by_name", "by_hook", "by_python", "by_function", "Loud", "grows", "halved"} - BY_FUNCTION


def test_what_is_said_of_a_node_may_name_it_or_move_a_hook(around: Shop) -> None:
    """Tags and meta build nothing, unless the macro that names relations or a hook of the project looks at them."""
    name = "{% macro generate_alias_name(custom=none, node=none) %}{{ node.config.meta.get('called', node.name) }}"
    around.write("macros/named.sql", name + "{% endmacro %}\n")
    around.write("macros/told.sql", "{% macro told() %}{% if execute %}{{ graph.nodes }}{% endif %}{% endmacro %}\n")
    around.write("models/by_path.sql", "select '{{ model.path }}' as path\n")
    around.edit("models/models.yml", "models:", "models:\n- {name: untouched, config: {meta: {called: it}}}")
    around.commit()
    around.edit("models/models.yml", "called: it", "called: that")
    (around.root / "models/below").mkdir()
    (around.root / "models/by_path.sql").rename(around.root / "models/below/by_path.sql")
    assert details(around.plan("--base", "main")) == {
        "shop.by_path": ["config what is said of it"],
        "shop.untouched": ["config meta", "relation another configuration"],
    }
    around.git("checkout", "-q", ".")
    around.git("clean", "-qfd")
    around.edit("dbt_project.yml", "name: shop\n", "name: shop\non-run-end: '{{ told() }}'\n")
    around.commit()
    around.edit("models/models.yml", "mask: 'no'", "mask: 'no', owner: x")
    around.edit("models/models.yml", "called: it", "called: it, owner: x")
    assert details(around.plan("--base", "main")) == {
        "shop.by_hook": ["columns"],
        "shop.untouched": ["config meta", "graph which a hook walks, and may act on"],
    }


def test_a_vendored_package_is_what_the_base_holds(around: Shop) -> None:
    """Both without dbt's parse and with it."""
    around.edit("vendor/money/macros/net.sql", "0.8", "0.75")
    around.commit()
    around.git("checkout", "-qb", "change", "HEAD~0")
    around.git("branch", "-f", "main", "HEAD~1")
    assert details(around.plan("--base", "main")) == {"shop.by_dispatch": ["macro default__net"]}


def test_a_package_of_another_version_is_not_at_hand(around: Shop) -> None:
    around.git("rm", "-rq", "--cached", "dbt/vendor")
    around.write("../.gitignore", "target/\nlogs/\nvendor\n")
    around.commit()
    assert around.plan("--base", "main")["changes"] == []
    around.edit("packages.yml", "1.0.0", "1.1.0")
    assert details(around.plan("--base", "main")) == {"shop.by_dispatch": ["package money 1.0.0 -> 1.1.0"]}


# -- packages, without dbt --------------------------------------------------------------------------------------------


def side(top: Path, **files: str) -> Side:
    for name, text in files.items():
        place = top / "dbt" / name.replace("__", "/").replace("_yml", ".yml")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (top / "dbt").mkdir(parents=True, exist_ok=True)
    return Side(top / "dbt", top)


def installs(side: Side, *names: str) -> None:
    for name in names:
        (side.folder / name).mkdir(parents=True)
        (side.folder / name / "dbt_project.yml").write_text(f"name: {name}\n", encoding="utf-8")


HUB = "packages: [{package: acme/money, version: '%s'}, {git: 'https://host/tools.git', revision: v1}]\n"


def test_packages_that_both_sides_ask_for_alike_are_the_installed_ones(tmp_path: Path) -> None:
    here = side(tmp_path / "here", packages_yml=HUB % "1.0")
    earlier = side(tmp_path / "earlier", packages_yml=HUB % "1.0")
    installs(here, "money", "tools", "below")
    assert lay_out(here, earlier) == {}
    assert sorted(each.name for each in earlier.folder.iterdir()) == ["below", "money", "tools"]


def test_each_side_has_its_own_folder_of_packages(tmp_path: Path) -> None:
    """Set in dbt_project.yml, with Jinja too."""
    folder = "name: p\npackages-install-path: \"{{ env_var('NOT_SET', 'ven') }}dor\"\n"
    here = side(tmp_path / "here", packages_yml=HUB % "1.0", dbt_project_yml=folder)
    earlier = side(tmp_path / "earlier", packages_yml=HUB % "1.0", dbt_project_yml="name: p\n")
    installs(here, "money")
    assert here.folder.name == "vendor"
    assert lay_out(here, earlier) == {}
    assert (earlier.root / "dbt_packages" / "money" / "dbt_project.yml").is_file()


def test_another_version_taints_what_it_may_bring_along(tmp_path: Path) -> None:
    """Without a lock on both sides nobody knows which version of `below` came with it."""
    here = side(tmp_path / "here", packages_yml=HUB % "2.0")
    earlier = side(tmp_path / "earlier", packages_yml=HUB % "1.0")
    installs(here, "money", "tools", "below")
    assert lay_out(here, earlier) == {
        "money": "money 1.0 -> 2.0",
        "below": "below, whose earlier version is not known",
    }


def test_locks_say_which_version_of_each(tmp_path: Path) -> None:
    lock = "packages: [{name: money, version: '%s'}, {name: tools, version: 1}, {name: below, version: 1}]\n"
    here = side(tmp_path / "here", packages_yml=HUB % "2.0", **{"package-lock_yml": lock % "2.0"})
    earlier = side(tmp_path / "earlier", packages_yml=HUB % "1.0", **{"package-lock_yml": lock % "1.0"})
    installs(here, "money", "tools", "below")
    assert lay_out(here, earlier) == {"money": "money 1.0 -> 2.0"}


def test_a_package_that_the_branch_adds_is_not_the_base_s(tmp_path: Path) -> None:
    here = side(tmp_path / "here", packages_yml="packages: [{package: acme/money, version: 1}, {local: own}]\n")
    earlier = side(tmp_path / "earlier")
    (here.root / "own").mkdir()
    (here.root / "own" / "dbt_project.yml").write_text("name: own\n", encoding="utf-8")
    installs(here, "money", "own")
    assert lay_out(here, earlier) == {}
    assert not earlier.folder.exists()


def test_a_package_that_the_branch_removes_is_not_at_hand(tmp_path: Path) -> None:
    here = side(tmp_path / "here")
    earlier = side(tmp_path / "earlier", packages_yml="packages: [{package: acme/money, version: 1}]\n")
    assert lay_out(here, earlier) == {"money": "money, which is not installed here"}


def test_a_package_outside_of_the_repository_has_one_version_only(tmp_path: Path) -> None:
    asked = "packages: [{local: ../../outside}]\n"
    here, earlier = (side(tmp_path / "a" / name, packages_yml=asked) for name in ("here", "earlier"))
    for place in (tmp_path / "a" / "outside", tmp_path / "a" / "here" / "dbt" / "dbt_packages" / "linked"):
        place.mkdir(parents=True)
    (tmp_path / "a/outside/dbt_project.yml").write_text("name: outside\n", encoding="utf-8")
    assert lay_out(here, earlier) == {
        "linked": "linked, whose earlier version is not known",
        "outside": "outside, which lies outside this repository",
    }


# -- Jinja ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "variables", "flags"),
    [
        ("{{ f({'a': {'b': 1}}, var('n')) }}", {"n"}, 0),
        ("{{ '}}' ~ var('n') }}", {"n"}, 0),
        ("{# {{ var('n') }} #}{% raw %}{{ var('n') }}{% endraw %}", set(), 0),
        ("{{ config(post_hook=\"{{ f(var('n')) }}\") }}", {"n"}, 0),
        ("{{ var('n' ~ x) }}", set(), ANY_VAR),
        ("{{ f(var) }}", set(), ANY_VAR),
        ("{{ builtins['var']('n') }}", set(), TARGET | ANY_VAR | ANY_ENV),
        ("{{ var('n', var('m')) }}", {"n", "m"}, 0),
        ("{{ adapter.dispatch('f', 'p')() }}", set(), 0),
        ("{{ adapter.dispatch(macro_name='f')() }}", set(), 0),
        ("{{ adapter.dispatch(f)() }}", set(), ANY_MACRO),
        ("{{ f(config) }}", set(), OWN_CONFIG),
        ("{{ config(materialized='view') }}", set(), 0),
        ("{{ f(model=1) }}", set(), 0),
        ("{{ never closed", set(), EVERYTHING.flags),
        ("{{ 'never closed }}", set(), EVERYTHING.flags),
    ],
)
def test_jinja_is_read_as_jinja_reads_it(text: str, variables: set[str], flags: int) -> None:
    """Nested braces and quoted delimiters end nothing; what the lexer refuses reads everything."""
    found = reads(text)
    assert (found.variables, found.flags) == (variables, flags)


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("select  {{ f({'a': {'b': 1}}) }} -- note\n, 1", "select {{ f({'a': {'b': 1}}) }}, 1", True),
        ("select {{ f({'a': {'b': 1}}) }}, 1", "select {{ f({'a': {'b': 2}}) }}, 1", False),
        ("select 1 {# a #}", "select 1 {# b }} #}", True),
        ("select {{ f() }}\n, 1", "select {{ f() }} , 1", True),
        ("select {{ f() }}\n as a", "select {{ f() }} as a", False),
        ("select '{{ x }}  y'", "select '{{ x }} y'", False),
    ],
)
def test_two_texts_of_one_layout(one: str, another: str, same: bool) -> None:
    """What Jinja writes may end in a comment: a line's end after it stays one."""
    assert layout(one) is not None
    assert (layout(one) == layout(another)) is same


# -- releases of an earlier version -----------------------------------------------------------------------------------


def test_a_release_that_recorded_fewer_inputs_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As format 1 had them: values by position, and nothing of settings."""
    newer = fingerprint.pack

    def older(prints: fingerprint.Fingerprints) -> bytes:
        stored = json.loads(newer(prints))
        del stored["fields"], stored["surroundings"]["settings"], stored["surroundings"]["dispatch"]
        stored["nodes"] = {uid: each[:12] for uid, each in stored["nodes"].items()}
        return json.dumps({**stored, "format": 1}).encode()

    shop = shop_in(tmp_path / "shop", project="editions")
    monkeypatch.setattr(fingerprint, "pack", older)
    shop.ok("deploy")
    plan = shop.plan()
    told = "inputs that are not known: an earlier version of dataops recorded fewer of them"
    assert all(told in each["details"] for each in plan["changes"])
    assert {each["unique_id"] for each in plan["run"]} == {each["unique_id"] for each in plan["changes"]}
    assert "published" in ran(plan)
    monkeypatch.undo()
    shop.ok("deploy")
    assert shop.plan()["changes"] == []
