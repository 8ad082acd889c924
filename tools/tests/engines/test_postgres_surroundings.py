"""What relations have besides rows, and what outside rests on them, is the same after a release, or it is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dataops.errors import WarehouseError
from tests import postgres
from tests.engines.production import Production

ORDERS = ("live", "orders")
EVENTS = ("live", "events")
CUSTOMERS = ("live", "customers")

ROLES = ("analyst", "auditor", "owner", "reader")


@pytest.fixture
def server() -> Iterator[str]:
    with postgres.serving() as socket:
        for role in ROLES:
            postgres.sql(socket, f"drop role if exists {role}; create role {role}")
        yield socket
        for role in ROLES:
            postgres.sql(socket, f"drop owned by {role} cascade; drop role {role}")


@pytest.fixture
def shop(server: str) -> Production:
    made = Production(
        server,
        {
            CUSTOMERS: "create table {} (id int primary key, name text); insert into {0} values (1, 'Ann')".replace(
                "{}", "{0}"
            ),
            ORDERS: "create table {} as select 1 as edition, n as id, n * 10 as amount from generate_series(1, 3) n",
            EVENTS: "create table {0} (id int generated always as identity, key serial, customer_id int,"
            " said text collate \"C\" default 'x' check (said <> ''),"
            " loud text generated always as (upper(said)) stored,"
            " primary key (id), foreign key (customer_id) references {in_live}.customers(id)) with (fillfactor = 70);"
            " insert into {0} (customer_id) values (1), (1)",
        },
    )
    made.deploy()
    return made


def test_a_copy_is_all_that_the_table_was(shop: Production) -> None:
    for statement in (
        "create unique index by_key on live.events (key) where said is not null",
        "create index by_word on live.events (lower(said))",
        "comment on table live.events is 'what ''happened'; comment on column live.events.said is 'words'",
        "grant select on live.events to analyst; grant update (said) on live.events to auditor with grant option",
        "alter table live.events enable row level security",
        "create policy own on live.events for select to analyst using (customer_id = 1)",
        "create function public.noted() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger note before insert on live.events for each row execute function public.noted()",
        "create statistics live.together on id, customer_id from live.events",
        "alter table live.events alter column said set statistics 7",
        "alter table live.events owner to owner",
    ):
        shop.sql(statement)
    before = _described(shop)
    for _ in range(2):
        shop.deploy(added={EVENTS})
        assert _described(shop) == before
    shop.sql("insert into live.events (customer_id) values (1)")
    assert shop.sql("select id, key, loud from live.events order by id") == [(1, 1, "X"), (2, 2, "X"), (3, 3, "X")]
    shop.rollback("r1")
    assert _described(shop) == before


def _described(shop: Production) -> list[object]:
    """Indexes, constraints, columns, comments, grants, policies, triggers, options of `live.events`."""
    return [
        shop.sql(statement.replace("$", "'live.events'::regclass"))
        for statement in (
            "select indexdef from pg_indexes where schemaname = 'live' and tablename = 'events' order by 1",
            "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = $ order by 1",
            (
                "select attname, atttypid::regtype::text, attnotnull, attidentity, attcollation, attacl::text "
                "from pg_attribute where attrelid = $ and attnum > 0 order by attnum"
            ),
            "select objsubid, description from pg_description where objoid = $ order by 1",
            "select relacl::text, relowner::regrole::text, relrowsecurity, reloptions from pg_class where oid = $",
            "select polname, pg_get_expr(polqual, polrelid) from pg_policy where polrelid = $",
            "select tgname, pg_get_triggerdef(oid) from pg_trigger where tgrelid = $ and not tgisinternal order by 1",
            "select pg_get_serial_sequence('live.events', 'id'), pg_get_serial_sequence('live.events', 'key')",
            "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = $ order by 1",
            "select count(*) from pg_statistic_ext where stxrelid = $",
        )
    ]


def test_what_was_given_by_hand_is_given_to_what_is_built_anew(shop: Production) -> None:
    for statement in (
        "alter default privileges in schema live grant select on tables to reader",
        "grant select on live.orders to analyst, public; revoke select on live.orders from reader",
        "comment on table live.orders is 'by hand'; comment on column live.orders.amount is 'in cents'",
        "create index by_id on live.orders (id)",
        'create index "0123456789abcdef0123456789abcdef" on live.orders (edition)',
        "alter table live.orders owner to owner",
        "grant insert on live.customers to auditor",
    ):
        shop.sql(statement)
    shop.relations[ORDERS] = shop.relations[ORDERS].replace("1 as edition", "2 as edition")
    shop.relations["live", "news"] = "create table {} as select 1 as id"
    shop.relations[CUSTOMERS] += "; grant select on {0} to analyst; comment on table {0} is 'by the project'"
    shop.sql("comment on table live.customers is 'earlier'; grant select on live.customers to auditor")
    shop.deploy(governed={CUSTOMERS: {"SELECT"}})
    may = "select has_table_privilege('{}', 'live.{}', '{}')"
    assert shop.value("select edition from live.orders limit 1") == 2
    for role, table, privilege, allowed in (
        ("analyst", "orders", "select", True),
        ("reader", "news", "select", True),
        ("auditor", "customers", "insert", True),
        ("analyst", "customers", "select", True),
        ("auditor", "customers", "select", False),
    ):
        assert shop.value(may.format(role, table, privilege)) is allowed, (role, table, privilege)
    assert "reader=" not in shop.value("select relacl::text from pg_class where oid = 'live.orders'::regclass")
    assert shop.value("select obj_description('live.orders'::regclass)") == "by hand"
    assert shop.value("select col_description('live.orders'::regclass, 3)") == "in cents"
    assert shop.value("select obj_description('live.customers'::regclass)") == "by the project"
    assert shop.sql("select indexname from pg_indexes where tablename = 'orders' and schemaname = 'live'") == [
        ("by_id",)
    ]
    assert shop.value("select tableowner from pg_tables where schemaname = 'live' and tablename = 'orders'") == "owner"


def test_views_outside_read_the_new_release_and_keep_what_they_have(shop: Production) -> None:
    for statement in (
        "create schema bi; grant usage on schema bi to analyst",
        "create view bi.paid with (security_barrier) as select edition, sum(amount) from live.orders group by 1",
        "create view bi.above as select edition as e from bi.paid",
        "create materialized view bi.stored as select o.edition, c.name from live.orders o, live.customers c",
        "create index stored_by_name on bi.stored (name)",
        "create view bi.on_stored as select edition from bi.stored",
        "grant select on bi.paid, bi.stored, bi.on_stored to analyst; comment on view bi.paid is 'sums'",
        "comment on materialized view bi.stored is 'kept'",
        "create materialized view bi.empty as select edition from live.orders with no data",
        "create function bi.latest() returns int language sql as 'select max(edition) from live.orders'",
    ):
        shop.sql(statement)
    shop.relations[ORDERS] = (
        shop.relations[ORDERS]
        .replace("1 as edition", "2 as edition, true as fresh")
        .replace(
            "2 as edition, true as fresh, n as id, n * 10 as amount",
            "2 as edition, n as id, n * 10 as amount, true as fresh",
        )
    )
    for release, edition in (("r2", 2), ("r1", 1), ("r2", 2)):
        if release not in shop.releases:
            shop.deploy()
        else:
            shop.rollback(release)
        for each in ("bi.paid", "bi.stored", "bi.on_stored"):
            assert shop.value(f"select min(edition) from {each}") == edition, (release, each)
            assert shop.value(f"select has_table_privilege('analyst', '{each}', 'select')")
        assert shop.value("select e from bi.above") == edition
        assert shop.value("select bi.latest()") == edition
        assert (
            shop.value("select reloptions::text from pg_class where oid = 'bi.paid'::regclass")
            == "{security_barrier=true}"
        )
        assert shop.value("select obj_description('bi.paid'::regclass)") == "sums"
        assert shop.value("select obj_description('bi.stored'::regclass)") == "kept"
        assert shop.value("select relispopulated from pg_class where oid = 'bi.empty'::regclass") is False
        assert shop.value("select indexdef from pg_indexes where schemaname = 'bi' and tablename = 'stored'").endswith(
            "ON bi.stored USING btree (name)"
        )
    assert "bi__next" not in shop.schemas()


@pytest.mark.parametrize(
    ("outside", "named"),
    [
        ("create view public.v as select id from live.orders", "public.v"),
        ("create materialized view public.m as select sum(id) from live.orders", "public.m"),
        ("create table public.t (c int references live.customers (id))", "t_c_fkey"),
        ("create table public.t (o live.orders)", "column o of table|table public.t|table t"),
        (
            "create function public.f() returns setof live.orders language sql as 'select * from live.orders'",
            "function",
        ),
        ("create function public.f() returns bigint begin atomic select count(*) from live.orders; end", "function"),
        ("create publication p for table live.orders", "publication"),
        ("create table public.heir () inherits (live.orders)", "heir"),
    ],
)
def test_what_cannot_follow_is_named_and_nothing_is_changed(shop: Production, outside: str, named: str) -> None:
    shop.sql(outside)
    shop.relations[ORDERS] = "create table {} as select 2 as edition, 'x' as id"
    with pytest.raises(WarehouseError, match=named):
        shop.deploy()
    assert (shop.live, shop.value("select max(edition) from live.orders")) == ("r1", 1)
    assert shop.sql("select id from live.orders order by 1") == [(1,), (2,), (3,)]


def test_a_view_of_somebody_else_is_named(shop: Production, server: str) -> None:
    shop.sql("create role deployer login; grant create on database postgres to deployer")
    try:
        shop.sql("create view public.theirs as select edition from live.orders")
        shop.sql("alter schema live owner to deployer; alter schema dataops_releases owner to deployer")
        for table in ("live.orders", "live.customers", "live.events"):
            shop.sql(f"alter table {table} owner to deployer")
        for table in ("published", "contents", "beside"):
            shop.sql(f"alter table dataops_releases.{table} owner to deployer")
        shop.user = "deployer"
        with pytest.raises(WarehouseError, match=r"public.theirs.* is postgres's"):
            shop.deploy()
        shop.sql("drop view public.theirs")
        shop.deploy()
        assert shop.live == "r2", "an ordinary role can release"
        shop.rollback("r1")
    finally:
        shop.sql("drop owned by deployer cascade; drop role deployer")


def test_a_view_of_the_release_that_names_production_by_hand_follows_it(shop: Production) -> None:
    shop.relations["live", "by_hand"] = "create view {} as select edition from live.orders"
    shop.deploy()
    shop.relations[ORDERS] = shop.relations[ORDERS].replace("1 as edition", "2 as edition")
    shop.deploy()
    assert shop.value("select max(edition) from live.by_hand") == 2
    shop.rollback("r2")
    assert shop.value("select max(edition) from live.by_hand") == 1


def test_relations_of_other_kinds_move_too(shop: Production) -> None:
    shop.relations["live", "numbers"] = "create sequence {}"
    shop.relations["live", "parts"] = (
        "create table {0} (n int) partition by range (n);"
        " create table {schema}.parts_1 partition of {0} for values from (1) to (9); insert into {0} values (5)"
    )
    for _ in range(2):
        shop.deploy()
    assert shop.value("select n from live.parts") == 5
    assert shop.value("select nextval('live.numbers')") == 1
    shop.rollback("r2")
    assert shop.value("select n from live.parts_1") == 5
