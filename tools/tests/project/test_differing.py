"""A parse that reads only the files that differ is the parse that reads all of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dataops.errors import ProjectError
from dataops.project import baseline, fingerprint
from dataops.project.differing import reading
from dataops.project.slices import places
from dataops.project.surroundings import Surroundings
from tests.shop import Shop, copied

NOTHING = Surroundings("00", {}, {}, {})


def known(shop: Shop, files: set[str] | None, home: Path | None = None) -> dict[str, Any]:
    """What a parse says of the project: fingerprints, places, SQL of tests, documentation."""
    project = shop.project()
    targets = shop.targets(project)
    with project.entered():
        if files is None:
            parsed = project.parse(targets.parsing)
        else:
            with reading(project.root, files, home):
                parsed = project.parse(targets.parsing)
        prints = baseline.taken(project, parsed, "00", {}, with_layout=True)
    manifest = parsed.manifest
    tests = {uid: [node.raw_code, node.depends_on_nodes] for uid, node in manifest.nodes.items()}
    docs = {uid: each.block_contents for uid, each in manifest.docs.items() if "dbt_docs" not in uid}
    found = fingerprint.unpack(fingerprint.pack(prints), "")
    nodes = {uid: each._replace(config=0) for uid, each in found.nodes.items()}
    configs = {uid: found.config(uid) for uid in found.nodes}
    return {
        "nodes": nodes,
        "configs": configs,
        "macros": found.macros,
        "places": places(manifest),
        "docs": docs,
        "tests": tests,
        "described": {uid: node.description for uid, node in manifest.nodes.items()},
    }


def test_it_is_the_parse_of_everything(fresh: Shop, tmp_path: Path) -> None:
    """Every kind of file, and one that is parsed again though it is not named: a macro that it calls is another one."""
    fresh.write("models/marts/words.md", "{% docs amount %}Euros.{% enddocs %}\n")
    fresh.edit("models/marts/marts.yml", "description: One row per order.", "description: \"{{ doc('amount') }}\"")
    fresh.plan("--base", "main")
    fresh.edit("macros/cents_to_euros.sql", "/ 100", "/ 100.0")
    fresh.edit("models/marts/words.md", "Euros", "Cents")
    fresh.edit("models/staging/staging.yml", "[unique, not_null]", "[not_null]")
    fresh.write("seeds/orders.csv", fresh.read("seeds/orders.csv") + "99,1,paid,2024-01-01\n")
    fresh.write("models/marts/added.sql", "select * from {{ ref('fct_orders') }}\n")
    fresh.remove("tests/no_negative_amounts.sql")
    fresh.remove("models/marts/published.sql")
    differ = {
        "macros/cents_to_euros.sql",
        "models/marts/words.md",
        "models/staging/staging.yml",
        "seeds/orders.csv",
        "models/marts/added.sql",
        "tests/no_negative_amounts.sql",
        "models/marts/published.sql",
        "README.md",
    }
    whole = copied(fresh, tmp_path / "whole")
    shutil.rmtree(whole.root / "target")
    everything = known(whole, None)
    # Beside: only the files that differ are there, and those which dbt needs to begin.
    beside = Shop(tmp_path / "beside", tmp_path / "beside")
    for name in (*differ, "dbt_project.yml", "profiles/profiles.yml"):
        if (fresh.root / name).exists():
            beside.write(name, fresh.read(name))
    shutil.copytree(fresh.root / "target", beside.root / "target")
    assert known(fresh, differ) == everything
    aside = known(beside, differ, fresh.root)
    for uid in ("seed.shop.customers", "seed.shop.payments"):
        assert aside["nodes"][uid].text == ""  # whose file is elsewhere, as its readers know
        aside["nodes"][uid] = everything["nodes"][uid]
    assert aside == everything


def test_nothing_else_is_read(fresh: Shop) -> None:
    fresh.edit("models/marts/published.sql", "select", "select /* named */")
    fresh.edit("models/staging/stg_orders.sql", "select", "select /* unnamed */")
    before = known(fresh, set())
    found = known(fresh, {"models/marts/published.sql"})
    assert {uid for uid, each in found["nodes"].items() if each != before["nodes"][uid]} == {"model.shop.published"}
    # And nothing of it stays.
    assert known(fresh, None)["tests"]["model.shop.stg_orders"][0].startswith("select /* unnamed */")


def test_white_space_in_a_literal_is_a_change(fresh: Shop) -> None:
    """dbt 1.12 takes a file for the same whose text differs in nothing but white space."""
    fresh.write("models/marts/published.sql", "select 'a b' as edition\n")
    fresh.commit()
    assert fresh.plan("--base", "main")["changes"] == []
    fresh.write("models/marts/published.sql", "select 'a  b' as edition\n")
    assert [each["reasons"] for each in fresh.plan("--base", "main")["changes"]] == [["sql"]]


def test_a_macro_behind_the_macros_that_name_relations(fresh: Shop) -> None:
    """dbt parses all files again if one of these changes, and overlooks what they call."""
    fresh.write("macros/name.sql", "{% macro generate_schema_name(c, node) %}{{ place() }}{% endmacro %}\n")
    fresh.write("macros/place.sql", "{% macro place() %}here{% endmacro %}\n")
    fresh.commit()
    assert fresh.plan("--base", "main")["changes"] == []
    fresh.publish(2)
    fresh.plan("--base", "main")
    fresh.edit("macros/place.sql", "here", "there")
    plan = fresh.plan("--base", "main")
    assert "relation macro place" in {word for each in plan["changes"] for word in each["details"]}
    assert fresh.plan("--base", "main")["changes"] == plan["changes"]


@pytest.mark.parametrize("what", ["names", "settings", "no parse"])
def test_what_cannot_be_parsed_in_part_is_not(fresh: Shop, what: str) -> None:
    if what == "names":
        fresh.write("macros/alias.sql", "{% macro generate_alias_name(a, node) %}x_{{ node.name }}{% endmacro %}")
    elif what == "settings":
        fresh.edit("dbt_project.yml", "name: shop", "name: shop\nquery-comment: none")
    else:
        shutil.rmtree(fresh.root / "target")
    with pytest.raises(ProjectError, match="all files"):
        known(fresh, {"macros/alias.sql", "dbt_project.yml"})
