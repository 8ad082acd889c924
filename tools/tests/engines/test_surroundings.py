"""What every engine promises of what is around a release: what relations have besides rows, what is kept, the disk."""

from __future__ import annotations

from tests.engines.subject import RELATIONS, Production

# Some 24 MB that no engine makes much smaller.
_BULK = (
    "select n, "
    + " || ".join(f"md5(cast(n + {number} as varchar))" for number in range(4))
    + " as noise from generate_series(1, 150000) as t(n)"
)


def test_what_relations_have_besides_rows_stays(production: Production) -> None:
    """Grants, owners, comments, default privileges, views elsewhere: whatever there is of that on the engine."""
    for statement in production.subject.dressing:
        production.write(statement)
    before = production.query(production.subject.attire)
    production.deploy(2)
    assert production.query(production.subject.attire) == before
    assert production.query("select edition from bi.newest") == [(2,)]
    production.shop.ok("rollback")
    assert production.query(production.subject.attire) == before
    assert production.query("select edition from bi.newest") == [(1,)]


def test_a_kept_release_can_be_read(production: Production) -> None:
    """Its views show its own rows, whatever was released and rolled back since."""
    first, second = production.shop.live, production.deploy(2)
    assert production.subject.kept(production.shop, first) == [(1,) * len(RELATIONS)]
    production.shop.ok("rollback")
    assert production.subject.kept(production.shop, second) == [(2,) * len(RELATIONS)]


def test_a_disk_that_fills_changes_nothing(production: Production) -> None:
    live = production.shop.live
    production.shop.write("models/marts/bulk.sql", _BULK)
    production.shop.publish(2)
    with production.subject.full(production.shop):
        ran = production.shop.run("deploy")
    assert ran.code in (1, 2), ran.out
    assert "Traceback" not in ran.out + ran.err
    assert (production.edition(), production.shop.live) == (1, live)
    production.shop.ok("deploy")
    assert production.edition() == 2
