"""What docs/releases.md promises of every engine: all of a release or nothing, and the one before a command away."""

from __future__ import annotations

import json
import re

import duckdb
import pytest

from dataops.project.session import Project
from tests.engines.subject import LIVE, RELATIONS, Production
from tests.shop import reasons, refused


def test_every_relation_is_where_the_project_says(production: Production) -> None:
    """In several schemas, whatever the target's is; names in quotes, of mixed case, and as long as they may be."""
    assert production.edition() == 1
    assert production.query(f"select code from {LIVE}.languages order by code") == [("de",), ("en",)]
    failing = production.query("select count(*) from dbt_test__audit.editions_are_positive")
    assert failing == [(0,)], "a test's stored failures are part of a release"


def test_nothing_that_a_release_was_built_in_is_left(production: Production) -> None:
    production.deploy(2)
    there = production.listed()
    assert [schema for schema, _ in there if schema.endswith("__next")] == []
    left = production.shop.root / "target" / "dataops" / "deploy"
    apart = {"__next", *(schema for schema, _ in there if re.search(r"__\d{8}t", schema))}
    for file in left.glob("*.json"):
        text = file.read_text()
        assert not [each for each in apart if each in text], f"{file.name} names what no reader finds"
    compiled = json.loads((left / "manifest.json").read_text())["nodes"]["model.releases.stacked"]["compiled_code"]
    assert "shelved_in_order" in compiled.lower().replace(" ", "_")
    production.shop.publish(-1)
    assert production.shop.run("deploy").code == 1
    assert production.listed() == there


def test_a_failure_changes_nothing(production: Production) -> None:
    live, rows = production.shop.live, production.query(f"select * from {RELATIONS['remembered']}")
    production.shop.publish(-1)
    ran = production.shop.run("deploy")
    assert ran.code == 1, ran.out + ran.err
    assert "Not released: production is untouched" in ran.out
    assert (production.edition(), production.shop.live) == (1, live)
    assert production.query(f"select * from {RELATIONS['remembered']}") == rows
    assert [each["action"] for each in production.releases()] == ["deploy"]


def test_incremental_models_and_snapshots_go_on_from_productions_rows(production: Production) -> None:
    first = production.shop.live
    production.deploy(2)
    assert production.query(f"select edition from {RELATIONS['counted']} order by 1") == [(1,), (2,)]
    assert production.query(f"select edition from {RELATIONS['remembered']} order by 1") == [(1,), (2,)]
    production.shop.ok("rollback")
    production.deploy(3)
    assert production.releases()[-1]["previous"] == first
    assert production.query(f"select edition from {RELATIONS['counted']} order by 1") == [(1,), (3,)]
    assert production.query(f"select edition from {RELATIONS['remembered']} order by 1") == [(1,), (3,)]
    production.shop.ok("deploy", "--full-refresh")
    assert production.query(f"select edition from {RELATIONS['counted']}") == [(3,)]
    assert production.query(f"select edition from {RELATIONS['remembered']} order by 1") == [(1,), (3,)]


def test_back_and_forward(production: Production) -> None:
    first = production.shop.live
    second = production.deploy(2)
    third = production.deploy(3)
    assert f"Live again: {second} (was {third}" in production.shop.ok("rollback").out
    assert (production.edition(), production.shop.live) == (2, second)
    plan = production.shop.plan()
    assert plan["base"] == {"kind": "release", "name": second, "unread": None}
    assert reasons(plan) == {"published": ("sql",)}
    production.shop.ok("rollback")
    assert (production.edition(), production.shop.live) == (1, first)
    production.shop.ok("rollback", third)
    assert (production.edition(), production.shop.live) == (3, third)
    assert production.shop.plan()["changes"] == []
    rows = {row["id"]: (row["live"], row["kept"]) for row in production.releases()}
    assert rows == {first: (False, True), second: (False, True), third: (True, False)}
    went = production.shop.ok("releases", "--format", "json").json["went_live"]
    assert [each["release"] for each in went] == [first, second, third, second, first, third]


def test_only_so_many_releases_are_kept(production: Production) -> None:
    production.shop.write("dataops.yml", "releases: {keep: 1}\n")
    first = production.shop.live
    second = production.deploy(2)
    third = production.deploy(3)
    rows = {row["id"]: (row["live"], row["kept"]) for row in production.releases()}
    assert rows == {first: (False, False), second: (False, True), third: (True, False)}
    refused(production.shop.run("rollback", first), f"release {first} is no longer kept")
    assert production.edition() == 3
    production.shop.ok("rollback")
    assert production.edition() == 2


def test_a_production_that_dbt_built_before_the_first_release(empty: Production) -> None:
    empty.shop.ok("build", "--target", "prod")
    assert empty.edition() == 1
    empty.deploy(2)
    assert empty.query(f"select edition from {RELATIONS['counted']} order by 1") == [(1,), (2,)]
    found, made = empty.releases()
    assert [(each["action"], each["live"], each["kept"]) for each in (found, made)] == [
        ("found", False, True),
        ("deploy", True, False),
    ]
    empty.shop.ok("rollback")
    assert (empty.edition(), empty.shop.live) == (1, found["id"])
    refused(empty.shop.run("rollback"), "replaced none")


def test_a_first_release_replaces_none(empty: Production) -> None:
    refused(empty.shop.run("rollback"), "nothing was released")
    empty.shop.ok("deploy")
    assert [each["action"] for each in empty.releases()] == ["deploy"]
    refused(empty.shop.run("rollback"), "replaced none")


def test_what_the_project_does_not_build_stays(production: Production) -> None:
    production.write("create schema bi")
    production.write("create table bi.notes as select 'mine' as note")
    production.write(f"create view bi.newest as select edition from {RELATIONS['published']}")
    production.write(f"create view bi.shelf as select edition from {RELATIONS['shelved']}")
    production.deploy(2)
    everything = "select note, n.edition, s.edition from bi.notes, bi.newest n, bi.shelf s"
    assert production.query(everything) == [("mine", 2, 2)]
    production.shop.ok("rollback")
    assert production.query(everything) == [("mine", 1, 1)]


def test_what_is_paused_stays_as_it_is(production: Production) -> None:
    production.shop.ok("pause", "printed", "--reason", "misprints")
    production.shop.publish(2)
    assert production.shop.run("deploy").code == 1
    held = ("printed", "bound", "shelved", "stacked")
    assert {key: production.query(f"select max(edition) from {RELATIONS[key]}") for key in RELATIONS} == {
        key: [(1 if key in held else 2,)] for key in RELATIONS
    }
    production.shop.ok("resume", "printed", "--reason", "reprinted")
    production.deploy(3)
    assert production.edition() == 3
    production.shop.ok("rollback")
    assert (production.published(), production.query(f"select edition from {RELATIONS['printed']}")) == (2, [(1,)])


def test_a_second_deploy_is_refused(production: Production) -> None:
    live = production.shop.live
    with production.engine().held():
        production.shop.publish(2)
        for words in (["deploy"], ["rollback"]):
            refused(production.shop.run(*words), "another deploy or rollback")
        production.shop.plan()
    assert (production.edition(), production.shop.live) == (1, live)
    production.shop.ok("deploy")
    assert production.edition() == 2


_WRITES = {
    "adds rows": f"insert into {RELATIONS['counted']} values (1)",
    "changes rows": f"update {RELATIONS['counted']} set edition = 0",
    "removes rows": f"delete from {RELATIONS['remembered']}",
    "drops a table": f"drop table {LIVE}.languages",
}


@pytest.mark.parametrize("what", _WRITES)
def test_someone_writes_to_production_meanwhile(
    production: Production, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs is kept, and the release that did not see it is not published."""
    run, live = Project.run, production.shop.live

    def written(self: Project, *words: object, **others: object) -> object:
        outcome = run(self, *words, **others)  # type: ignore[arg-type]
        production.write(_WRITES[what])
        return outcome

    monkeypatch.setattr(Project, "run", written)
    production.shop.publish(2)
    refused(production.shop.run("deploy"), "by someone else")
    monkeypatch.undo()
    assert (production.published(), production.shop.live) == (1, live)
    counted = [edition for (edition,) in production.query(f"select edition from {RELATIONS['counted']}")]
    assert counted == {"adds rows": [1, 1], "changes rows": [0]}.get(what, [1])
    if what == "drops a table":
        # The others left the same behind: nothing of the release that was refused.
        production.shop.ok("deploy")
        assert production.published() == 2


def test_what_is_published_is_what_the_state_says_until_someone_writes(production: Production) -> None:
    with production.shop.project().entered():
        assert production.engine().holds(production.shop.live)
        assert not production.engine().holds("20200101T000000Z-000000")
        production.write(f"insert into {RELATIONS['counted']} values (1)")
        assert not production.engine().holds(production.shop.live)


def test_an_export_is_of_the_live_release_or_refused(production: Production) -> None:
    place = production.shop.root / "handoff"
    words = ("export", "bound", "--to", str(place))
    if not production.engine().capabilities.exports:
        refused(production.shop.run(*words), "export")
        return
    production.shop.ok(*words)
    first = {file.name: file.read_bytes() for file in place.iterdir()}
    production.deploy(2)
    production.shop.ok(*words)
    assert duckdb.execute(f"select edition from '{place}/bound.parquet'").fetchall() == [(2,)]
    production.shop.ok("rollback")
    production.shop.ok(*words)
    assert {file.name: file.read_bytes() for file in place.iterdir()} == first
    production.write(f"insert into {RELATIONS['counted']} values (7)")
    ran = production.shop.run(*words)
    assert ran.code == 1
    assert "someone wrote to it since" in ran.err


def test_readers_that_never_pause_see_one_release(production: Production) -> None:
    with production.reading() as seen:
        first, second = production.shop.live, production.deploy(2)
        for release in (first, second, first, second, first):
            production.shop.ok("rollback", release)
    read = seen[0]
    assert read.reads > 10
    assert not read.errors
    assert {edition for row in read.rows for edition in row} == {1, 2}
    if production.engine().capabilities.atomic == "all at once":
        assert read.mixed == set()
