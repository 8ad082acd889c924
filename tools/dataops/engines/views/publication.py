"""Publishing: production's views are led to another release one by one, from a record that says what was meant.

Each view is led elsewhere by one step of the warehouse, so whoever reads one relation finds the earlier
release of it or the next one. Between the first view and the last, whoever reads several can find both. Every step can
be repeated: a publication that was interrupted is finished by doing all of it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dataops.engines.views.journal import Change, Journal, Release
from dataops.engines.views.session import Relation, Session


@dataclass(frozen=True)
class Window:
    """In which readers could find two releases. `views`: how many were replaced, made or removed.

    `moved`: tables that were moved aside; for a moment, there was nothing under their names.
    """

    seconds: float
    views: int
    moved: int

    @property
    def sentence(self) -> str:
        """As a command prints it."""
        views = "1 view was" if self.views == 1 else f"{self.views} views were"
        text = (
            f"Relation by relation: {views} replaced within {self.seconds:.1f} s, in which readers could find some "
            "relations of one release and some of the other"
        )
        if self.moved:
            tables = "1 table was" if self.moved == 1 else f"{self.moved} tables were"
            text += f"; {tables} moved aside, and could not be found for a moment"
        return text


@dataclass(frozen=True)
class _Step:
    """One relation. `before` keeps a view that is superseded, `aside` moves a table out of the way, `sql` is what
    readers find then, `after` keeps the table that was moved, `grants` let the view be read by whoever may read what it
    shows, or what it took the place of.
    """

    sql: str
    before: str | None = None
    aside: str | None = None
    after: str | None = None
    grants: tuple[str, ...] = ()


def publish(session: Session, journal: Journal, change: Change, check: Callable[[], None]) -> Window:
    """Show another release, whatever an interrupted attempt has done of it. `check`: whether the lock is held still.

    Raises:
        WarehouseError: the warehouse refuses a step, or the lock was lost; done again, it is finished.
    """
    check()
    journal.set_pending(change)
    if change.old is not None:
        journal.keep(change.old)
    wanted = [*change.new.databases]
    if change.old is not None and change.old.found:
        wanted += change.old.databases.values()
    for each in wanted:
        session.make_schema(each, exists=True)
    # A release's own views read each other's tables, too.
    session.let_read([*change.new.databases.values()], [*change.new.databases, *change.new.databases.values()])
    steps = list(_steps(session, change))
    for step in steps:
        if step.before is not None:
            session.run(step.before)
    begun = time.monotonic()
    for step in steps:
        check()
        for statement in (step.aside, step.sql, step.after):
            if statement is not None:
                session.run(statement)
        for statement in step.grants:
            session.run(statement)
    seconds = time.monotonic() - begun
    journal.keep(change.new)
    journal.set_live(change.new)
    journal.set_pending(None)
    return Window(seconds, len(steps), sum(step.aside is not None for step in steps))


def aside(session: Session, name: str, release: Release) -> str:
    """The name, in its own schema, of a table that dbt built and a release's view took the place of."""
    return session.beside(name, release.token)


def _steps(session: Session, change: Change) -> Iterator[_Step]:
    """What is to be done; less of it where an earlier attempt got further."""
    old = change.old
    for schema in sorted({*change.new.databases, *(old.databases if old is not None else {})}):
        there = session.relations(schema)
        new = _contents(session, change.new, schema)
        superseded = _contents(session, old, schema)
        found = {name for owner, name in change.adopt if owner == schema}
        for name in sorted({*new, *superseded, *found}):
            current = there.get(name)
            table = current is not None and not current.view
            place = session.named(schema, name)
            if name in new:
                query = _query(session, change.new, new[name])
                there_already = current is not None and not table
                sql = session.lead(place, query) if there_already else f"create view {place} as {query}"
            else:
                sql = f"drop view if exists {place}"
            kept = session.named(schema, aside(session, name, old or change.new))
            moved = session.rename_table(place, kept) if table else None
            dressed = [new[name]] if name in new else []
            if dressed and current is not None and (table or session.forgets):
                dressed.append(current)
            grants = tuple(each for source in dressed for each in session.grants(source, place))
            if old is None or name not in found or name in superseded:
                yield _Step(sql, aside=moved, grants=grants)
                continue
            # What dbt built before the first release is kept as views: a view by its own text, which reads names of
            # production, and a table by the name that it was moved to.
            keep = f"create view {session.named(old.databases[schema], name)} as"
            if current is not None and current.view and aside(session, name, old) not in there:
                yield _Step(sql, before=f"{keep} {session.text(current)}", grants=grants)
            else:
                yield _Step(sql, aside=moved, after=f"{keep} select * from {kept}", grants=grants)  # noqa: S608


def _contents(session: Session, release: Release | None, schema: str) -> dict[str, Relation]:
    database = release.databases.get(schema) if release is not None else None
    return session.relations(database) if database is not None else {}


def _query(session: Session, release: Release, relation: Relation) -> str:
    """What a view of production's reads."""
    if release.found:
        # Of a production that dbt built, views read other names of production: as they were written.
        return session.text(relation)
    return f"select * from {_sql(session, relation)}"  # noqa: S608


def _sql(session: Session, relation: Relation) -> str:
    return session.named(relation.schema, relation.name)
