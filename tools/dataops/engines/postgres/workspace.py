"""Where a pull request is built: the schemas of its target, with copies that are all that production's tables are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from dataops.engines.postgres import catalog, copy
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import ServerError, Session
from dataops.engines.server import Copies, OwnSchemas
from dataops.project.invocation import Parsed
from dataops.project.profiles import Target
from dataops.project.slices import Place


class Workspace(OwnSchemas):
    """A change goes on from production's rows, and with its indexes, keys and identities."""

    def take_over(self, target: Target, head: Parsed, wanted: Copies) -> tuple[str, ...]:
        """Copy tables with all that they have besides rows; of what is no table, the rows alone."""
        with self._session(target) as session:
            return tuple(sorted(uid for uid, (live, here) in wanted.items() if _copied(session, live, here)))

    @contextmanager
    def _session(self, target: Target) -> Iterator[Session]:
        session = Session(lambda: self.project.driver(target), "ci")
        try:
            yield session
        finally:
            session.close()


def _copied(session: Session, live: Place, here: Place) -> bool:
    source = _found(session, live)
    if source is None:
        return False
    if not catalog.schemas(session, [here.schema]):
        # Another job of the same schema may make it meanwhile.
        with contextlib.suppress(ServerError):
            session.run(f"create schema {quoted(here.schema)}")
    before = _found(session, here)
    with session.transaction():
        if before is not None:
            session.run(f"drop {before.word} {before.sql} cascade")
        if source.kind == "r":
            copy.copy(session, source, here.schema, here.identifier)
        else:
            made = Relation(0, here.schema, here.identifier, "r", source.owner)
            session.run(f"create table {made.sql} as select * from {source.sql}")  # noqa: S608
    return True


def _found(session: Session, place: Place) -> Relation | None:
    return catalog.relations(session, [place.schema]).get((place.schema, place.identifier))
