"""`--base`: a revision that is kept, or made from the checkout's parse, is what a parse of all of it finds."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.mutate import input_edits
from bench.mutate.project_edits import kinds, sources
from dataops import config
from dataops.output import documents
from dataops.plan import planning
from dataops.project import archive, earlier, packages, revision, surroundings
from dataops.project.archive import Archive, Kept
from dataops.project.fingerprint import Fingerprints, Inputs
from dataops.project.slices import Place
from dataops.project.surroundings import Surroundings
from dataops.store.state import Bundle, pack
from tests.shop import Shop, copied, lay_out, ran, reasons

BASE = ("--base", "main")
NODE = Inputs("a.sql", "t", "", 0, "", "", (), "", "", "", "", "")
KEPT = Kept(
    Fingerprints("ci", Surroundings("00" * 16, {}, {}, {}), {"macro.a.b": "x"}, [{}], {"model.a.b": NODE}),
    {"HOME": "x"},
    {"model.a.b": '"a"."b"'},
    {"model.a.b": None},
    {"model.a.b": Place("a", "b", "c", "model", "table", "b")},
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How revisions are made meanwhile: `near` from the checkout's parse, `whole` from all of their files."""
    found: list[str] = []

    def noting(name: str, word: str) -> None:
        before: Callable[..., Any] = getattr(earlier.Making, name)

        def noted(*given: Any) -> Any:
            what = before(*given)
            found.extend([word] if what is not None else [])
            return what

        monkeypatch.setattr(earlier.Making, name, noted)

    noting("_from_here", "near")
    noting("_laid_out", "whole")
    noting("_parsed_places", "places")
    return found


def found(shop: Shop, whole: bool = False, variables: str | None = None) -> dict[str, Any]:
    """All that a plan against the last commit holds: itself, the base's inputs, its SQL, production's relations."""
    project = shop.project(vars=variables)
    with project.entered():
        settings = config.load(project.root)
        targets = shop.targets(project)
        planned = planning.plan(project, targets, settings, "HEAD", None, whole=whole)
        document: dict[str, Any] = json.loads(documents.text(documents.plan(planned.plan)))
        document |= {"places": dict(planned.base.places), "compiled": planned.base.compiled()}
    before = planned.comparison.before
    for uid, inputs in before.nodes.items():
        # The layout of SQL is known of those nodes alone that were compiled.
        known = inputs.layout if uid.startswith("seed.") else ""
        document[uid] = (inputs._replace(config=0, layout=known), before.config(uid))
    document |= {"macros": before.macros, "unknown": before.unknown, "dispatch": before.surroundings.dispatch}
    document.pop("full_parse")
    return document


def forget(shop: Shop) -> None:
    shutil.rmtree(shop.root / "target" / "dataops" / "revisions", ignore_errors=True)


@pytest.mark.parametrize("number", range(2))
def test_the_plan_is_that_of_two_parses(fresh: Shop, number: int, made: list[str]) -> None:
    """Random edits, four at once: the first run and the second, against all of the base laid out and parsed twice."""
    dice = random.Random(f"revision {number}")
    given, proposals = sources(fresh.root), {**kinds(), **input_edits.kinds()}
    edits = {}
    for name in dice.sample(sorted(proposals), len(proposals)):
        edit = proposals[name](given, dice)
        if edit is not None and edit.file and not edit.vars and len(edits) < 4:
            edits.setdefault(edit.file, edit)
    with ExitStack() as stack:
        for edit in edits.values():
            stack.enter_context(edit.made(fresh.root))
        first, second, whole = found(fresh), found(fresh), found(fresh, whole=True)
    said = "\n".join(edit.diff for edit in edits.values())
    assert first == whole, said
    assert second == whole, said
    assert made[-2:] == ["whole", "places"]
    assert len(made) == 3


def test_later_runs_make_only_what_is_missing(fresh: Shop, made: list[str]) -> None:
    fresh.edit("models/marts/fct_orders.sql", "coalesce", "coalesce /* all */")
    before = found(fresh)
    assert found(fresh) == before
    assert made == ["near"]
    # The next push: another model has to be compiled as it was, and that is kept, too.
    fresh.edit("models/staging/stg_orders.sql", "select", "select /* all */")
    grown = found(fresh)
    assert set(reasons(grown)) == {"fct_orders", "stg_orders"}
    assert made == ["near", "near"]
    assert grown == found(fresh) == found(fresh, whole=True)
    assert made == ["near", "near", "whole", "places"]


def test_a_plan_that_needs_no_relation_of_production_looks_for_none(fresh: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(earlier.naming, "under", lambda *_: pytest.fail("nobody asked"))
    fresh.publish(2)
    assert ran(fresh.plan(*BASE)) == {"published"}


def test_settings_that_ask_for_the_target_are_parsed_for_production(fresh: Shop, made: list[str]) -> None:
    fresh.write("models/marts/published.sql", "{{ config(alias='p_' ~ target.name) }} select 1 as edition\n")
    fresh.commit()
    fresh.publish(2)
    assert found(fresh)["places"]["model.shop.published"].identifier == "p_prod"
    assert found(fresh)["places"]["model.shop.published"].identifier == "p_prod"
    assert made == ["near", "places"]


@pytest.mark.parametrize(
    "what", ["ignored", "linked", "overlooked", "outside", "written otherwise", "settings", "packages"]
)
def test_what_is_not_plain_to_git(tmp_path: Path, what: str, made: list[str]) -> None:
    """Files that no commit has, that lie elsewhere, that git does not look at, or of which it writes another text."""
    shop = lay_out(tmp_path / "top", inside="dbt", with_events=False)
    shop.write("../.gitignore", "target/\nlogs/\n*.duckdb\nlater.csv\n")
    shop.write("../shared/twice.sql", "{% macro twice(x) %}{{ x }} * 2{% endmacro %}\n")
    shop.edit("dbt_project.yml", "profile: shop", "profile: shop\nmacro-paths: [macros, ../shared]")
    shop.write("models/marts/published.sql", "select {{ twice(1) }} as edition\n")
    (shop.root / "LINK.md").symlink_to(shop.top / "README.md")
    shop.commit()
    shop.edit("models/marts/fct_orders.sql", "coalesce", "coalesce /* all */")
    how = ["near"]
    if what == "ignored":
        shop.write("seeds/later.csv", "id\n1\n")
    elif what == "linked":
        shop.write("../aside.sql", "select 3 as one\n")
        (shop.root / "models/linked.sql").symlink_to(shop.top / "aside.sql")
        shop.commit()
        how = ["whole"]
    elif what == "overlooked":
        shop.git("update-index", "--assume-unchanged", "dbt/models/marts/published.sql")
        shop.publish(3)
        how = ["whole"]
    elif what == "outside":
        shop.edit("../shared/twice.sql", "* 2", "* 3")
    elif what == "written otherwise":
        shop.write("../.gitattributes", "*.csv text eol=crlf\n")
        shop.git("add", ".gitattributes")
        how = ["whole"]
    elif what == "settings":
        shop.edit("dbt_project.yml", "name: shop", "name: shop\nvars: {more: 1}")
        how = ["whole"]
    else:
        # The base asks for a package, and this branch no longer does.
        shop.write("packages.yml", "packages: [{package: acme/more, version: 1.0.0}]\n")
        shop.write("dbt_packages/more/dbt_project.yml", "name: more\nversion: 1.0.0\n")
        shop.commit()
        shop.remove("packages.yml")
        shutil.rmtree(shop.root / "dbt_packages")
        how = ["whole"]
    first, second, whole = found(shop), found(shop), found(shop, whole=True)
    assert first == second == whole
    kept = what not in ("linked", "overlooked")
    assert made == [*how, *([] if kept else how), "whole", "places"]
    if what == "ignored":
        assert reasons(first)["later"] == ("new",)
    if what == "outside":
        assert reasons(first)["published"] == ("macro",)


@pytest.mark.parametrize(
    "what", ["environment", "of the base", "vars", "profile", "target", "version", "package", "commit"]
)
def test_nothing_stale_is_used(fresh: Shop, what: str, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One thing differs between two runs; the second must not take what the first has kept."""
    fresh.write("macros/word.sql", "{% macro word() %}{{ env_var('WORD', 'a') ~ var('word', '') }}{% endmacro %}\n")
    fresh.write("models/marts/spoken.sql", "{{ config(alias='s_' ~ word() ~ target.name) }} select 1 as one\n")
    fresh.write(
        "profiles/profiles.yml",
        "shop:\n  target: prod\n  outputs:\n    prod: &one {type: duckdb, path: prod.duckdb, schema: main}\n"
        "    live: *one\n",
    )
    fresh.commit()
    fresh.publish(2)
    if what == "of the base":
        fresh.edit("macros/word.sql", "env_var('WORD', 'a')", "'a'")
    first, variables = found(fresh), None
    assert "published" in reasons(first)
    if what in ("environment", "of the base"):
        monkeypatch.setenv("WORD", "b")
    elif what == "vars":
        variables = "word: b"
    elif what == "profile":
        fresh.edit("profiles/profiles.yml", "schema: main", "schema: other")
    elif what == "target":
        fresh.write("dataops.yml", "production: {target: live}\n")
    elif what == "version":
        tools = {**surroundings.toolchain(fresh.root, "duckdb"), "dbt-adapters": "9.9"}
        monkeypatch.setattr(revision.surroundings, "toolchain", lambda *_: tools)
    elif what == "package":
        fresh.write("dbt_packages/more/dbt_project.yml", "name: more\nversion: 1.0.0\n")
        fresh.write("dbt_packages/more/macros/more.sql", "{% macro more() %}1{% endmacro %}\n")
        fresh.write("packages.yml", "packages: [{package: acme/more, version: 1.0.0}]\n")
    else:
        fresh.git("stash", "-q")
        fresh.edit("models/marts/dim_customers.sql", "select", "select /* amended */")
        fresh.git("commit", "-qa", "--amend", "-m", "first")
        fresh.git("stash", "pop", "-q")
    before = len(made)
    second = found(fresh, variables=variables)
    assert made[before:], "the first run's was used"
    assert second == found(fresh, whole=True, variables=variables)


def test_all_jobs_share_what_one_has_found(fresh: Shop, tmp_path: Path, made: list[str], capsys: Any) -> None:
    """By way of the state, wherever that is; values of variables and of the environment are in none of it."""
    fresh.write("dataops.yml", "state: memory://team/state\n")
    fresh.write("models/marts/said.sql", "select '{{ env_var('SAID', '') }}' as said\n")
    fresh.commit()
    other = copied(fresh, tmp_path / "other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAID", "opensesame")
        for shop in (fresh, other):
            shop.publish(2)
            assert set(reasons(found(shop, variables="word: shibboleth"))) == {"published"}
    assert made == ["near"]
    shelf = archive.Location("memory://team/state")
    names = shelf.names("revisions")
    assert len(names) == 2
    for name in names:
        content = shelf.read(f"revisions/{name}") or b""
        texts = [content]
        if name != "key":
            bundle = Bundle(content, name, "")
            texts = [bundle.read(each) or b"" for each in ("about.json", "fingerprints.json")]
        assert not any(word in text for text in texts for word in (b"opensesame", b"shibboleth"))


def test_a_fresh_checkout_starts_from_a_parse_that_another_has_kept(
    fresh: Shop, tmp_path: Path, made: list[str]
) -> None:
    fresh.write("dataops.yml", "state: memory://fresh/state\n")
    fresh.commit()
    other = copied(fresh, tmp_path / "other")
    shutil.rmtree(other.root / "target")
    fresh.publish(2)
    plan = fresh.plan(*BASE)
    other.publish(2)
    assert other.plan(*BASE) == {**plan, "full_parse": None}
    assert made == ["near"]
    # One that is damaged is none.
    shelf = archive.Location("memory://fresh/state")
    for name in shelf.names("revisions"):
        shelf.write(f"revisions/{name}", b"\0" * 30)
    shutil.rmtree(other.root / "target")
    again = other.plan(*BASE)
    assert "not found" in again.pop("full_parse")
    assert again == {name: each for name, each in plan.items() if name != "full_parse"}


def test_a_place_that_takes_nothing_is_told_once(shop: Shop, made: list[str], capsys: Any) -> None:
    shop.publish(2)
    (shop.root / ".dataops/state/revisions").write_text("no folder")
    run = shop.ok("plan", *BASE)
    assert run.err.count("is not kept for other jobs") == 1
    assert "published" in run.out
    assert made == ["near"]
    kept = Archive(None, str(shop.root / ".dataops/state"))
    kept.keep([1], KEPT)
    kept.keep([2], KEPT)
    assert capsys.readouterr().err.count("\n") == 1


def test_a_damaged_entry_is_made_again(fresh: Shop, made: list[str]) -> None:
    fresh.publish(2)
    before = found(fresh)
    (kept,) = (fresh.root / "target/dataops/revisions").glob("*.zip")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    assert found(fresh) == before
    assert made == ["near", "near"]
    assert found(fresh) == before
    assert made == ["near", "near"]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[tuple[Archive, Path]]:
    yield Archive(tmp_path, None), tmp_path / "revisions"


def test_what_is_kept_is_what_is_recalled(shelf: tuple[Archive, Path]) -> None:
    kept, _ = shelf
    assert kept.recall(["one"]) is None
    kept.keep(["one"], KEPT)
    found = kept.recall(["one"])
    assert found is not None
    assert (found.prints.nodes, found.sql, found.places) == (KEPT.prints.nodes, KEPT.sql, KEPT.places)
    assert (found.environment, found.names, found.prints.macros) == (KEPT.environment, KEPT.names, KEPT.prints.macros)
    assert kept.recall(["two"]) is None


def _files(about: bytes) -> bytes:
    return pack({"about.json": about, "fingerprints.json": archive.fingerprint.pack(KEPT.prints)})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        pack({}),
        _files(b"{}"),
        _files(b"[1]"),
        _files(b'{"format": 2, "environment": {}, "unknown": {}, "names": {}, "sql": {}, "places": null}'),
        pack({"about.json": b"{}", "fingerprints.json": b'{"format": 2}'}),
    ],
)
def test_what_cannot_be_read_is_not_there(shelf: tuple[Archive, Path], content: bytes) -> None:
    kept, folder = shelf
    kept.keep(["one"], KEPT)
    (entry,) = folder.glob("*.zip")
    entry.write_bytes(content)
    assert kept.recall(["one"]) is None
    kept.keep(["one"], KEPT)
    assert kept.recall(["one"]) is not None
    # Neither is what was made with a key that is lost.
    (folder / "key").write_bytes(b"half a key")
    kept = Archive(folder.parent, None)
    assert kept.recall(["one"]) is None
    kept.keep(["one"], KEPT)
    assert kept.recall(["one"]) is not None


def test_old_ones_are_forgotten(shelf: tuple[Archive, Path]) -> None:
    kept, folder = shelf
    for number in range(archive._HELD + 5):
        kept.keep([number], KEPT)
    assert len([*folder.glob("*.zip")]) == archive._HELD
    assert kept.recall([0]) is None
    assert kept.recall([archive._HELD + 4]) is not None


def test_two_processes_at_once(tmp_path: Path) -> None:
    """Each has its own view of the place; what either reads is whole, from the first key on."""

    def work(number: int) -> int:
        read = 0
        for round_ in range(40):
            own = Archive(tmp_path, None)
            own.keep([round_ % 3], KEPT)
            again = Archive(tmp_path, None).recall([round_ % 3])
            # Until both have the same key, one may not find what the other wrote; never a part of it.
            assert again is None or again.prints.nodes == KEPT.prints.nodes
            read += again is not None
        return read

    with ThreadPoolExecutor(2) as pool:
        assert min(pool.map(work, range(2))) > 30


def test_all_that_a_package_holds_counts_once(tmp_path: Path) -> None:
    """But for what it writes itself; a link to where one came from ends."""
    for name in ("more/dbt_project.yml", "more/models/logs/one.sql", "more/logs/dbt.log"):
        place = tmp_path / "dbt_packages" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("a")
    (tmp_path / "dbt_packages/more/models/around").symlink_to(tmp_path)
    before = packages.digest(tmp_path)
    (tmp_path / "dbt_packages/more/logs/dbt.log").write_text("b")
    assert packages.digest(tmp_path) == before
    (tmp_path / "dbt_packages/more/models/logs/one.sql").write_text("b")
    assert packages.digest(tmp_path) != before
