"""Views that read a release's relations and are no part of it: made to read those that take their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataops.engines.postgres import dependants
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.dependants import View
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import ServerError, Session
from dataops.errors import WarehouseError

_ABOUT = """
    select pg_get_viewdef(oid), array_to_string(reloptions, ', '), relispopulated from pg_class where oid = %(oid)s"""


@dataclass(frozen=True)
class Definition:
    """A view as it is to be made again under the same names."""

    view: View
    sql: str


def definitions(session: Session, views: Sequence[View]) -> tuple[Definition, ...]:
    """How views are made again once other relations have the names of those that they read.

    Raises:
        WarehouseError: one is somebody else's.
    """
    for each in views:
        if not each.ours:
            raise refusal(each, f"is {each.owner}'s, or in a schema where this role may create nothing")
    found = []
    for each in views:
        text, options, _ = session.rows(_ABOUT, {"oid": each.oid})[0]
        stored = f" with ({options})" if options else ""
        found.append(Definition(each, f"create or replace view {each.sql}{stored} as {str(text).rstrip(';')}"))
    return tuple(found)


def rebind(session: Session, definition: Definition) -> None:
    """Make a view again, in place: who may read it, comments and views on it stay.

    Raises:
        WarehouseError: the relations that it reads now are not what it was written for.
    """
    try:
        session.run(definition.sql)
    except ServerError as error:
        if error.code[:2] in ("42", "0A", "2B"):
            raise refusal(definition.view, f"does not fit the new release: {error.message}") from error
        raise


def refusal(view: View, why: str) -> WarehouseError:
    """What tells of a view that keeps a publication out."""
    return WarehouseError(
        f"the view {view}, which reads the release and is no part of it, {why}",
        "mend or drop that view, or let its owner's role be this one's, then run again",
    )


def restated(
    session: Session, view: View, schemas: Sequence[str], places: Mapping[int, Relation], place: str | None
) -> None:
    """Make a view read other relations before these have their final names, within a transaction.

    `schemas`: where what it reads is now; `places`: by the number of each such relation, the one to be read instead.
    `place`: the schema in which a materialized view is made anew; None replaces a plain view where it is.

    Raises:
        WarehouseError: that cannot be said in SQL so that the server reads what was meant.
    """
    text, options, populated = session.rows(_ABOUT, {"oid": view.oid})[0]
    moved = list(dict.fromkeys(each.schema for each in places.values()))
    try:
        # With these schemas searched, the server writes their relations without a schema, and finds others by them.
        session.run(f"set local search_path = {', '.join(map(quoted, schemas))}")
        text = str(session.value("select pg_get_viewdef(%(oid)s::oid)", {"oid": view.oid})).rstrip(";")
        session.run(f"set local search_path = {', '.join(map(quoted, [*moved, *schemas]))}")
        stored = f" with ({options})" if options else ""
        if place is None:
            name, made = view.sql, f"create or replace view {view.sql}{stored} as {text}"
        else:
            name = f"{quoted(place)}.{quoted(view.name)}"
            rows = "" if populated else " with no data"
            made = f"create materialized view {name}{stored} as {text}{rows}"
        before = dependants.roots(session, view.oid)
        session.run(made)
        session.run("set local search_path = ''")
    except ServerError as error:
        if error.code[:2] in ("42", "0A", "2B"):
            raise refusal(view, f"does not fit the new release: {error.message}") from error
        raise
    now = dependants.roots(session, int(session.value("select %(n)s::regclass::oid::bigint", {"n": name})))
    if now != {places[oid].oid if oid in places else oid for oid in before}:
        raise refusal(view, "reads relations of one name in several schemas, which cannot be told apart")
