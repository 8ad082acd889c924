"""What is live, kept, being built and being published, written where every machine sees it: in the warehouse.

Each record is a view whose one row is the record, in a schema beside production's. A view is made, led
elsewhere or renamed by one step of the warehouse: whoever reads finds the earlier record or the next one. No
table format is needed for it, and `select * from <schema>__dataops.live` shows it to anybody.

    live               the release that production's views show, and its databases
    pending            old and new of a publication, written before its first step; null when the last one is done
    building           the databases of a release that is being built
    release_<id>       the databases of a release that can be restored
    lock               see `lock`
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dataops.engines.views.session import RefusalError, Session
from dataops.errors import StateError

_FORMAT = 1
_RELEASE = "release_"


@dataclass(frozen=True)
class Release:
    """A release and where it is: production's schemas with the release's own. `token`: of the build."""

    id: str
    token: str
    databases: dict[str, str]
    found: bool = False
    """Whether it was there before the first release: its tables are under other names in production's databases."""
    marks: dict[str, str] = field(default_factory=dict)
    """By `database.name`, what differs once somebody writes to it; empty where the warehouse cannot tell."""


@dataclass(frozen=True)
class Change:
    """A publication: `old` is None where nothing is superseded."""

    new: Release
    old: Release | None
    adopt: list[list[str]] = field(default_factory=list)
    """Database and name of tables that dbt built under production's names, which are moved aside before."""


class Journal:
    """The records of one production. `place`: their database."""

    def __init__(self, session: Session, schema: str) -> None:
        self._session = session
        self.place = session.beside(session.folded(schema), "dataops")

    def exists(self) -> bool:
        """Whether a release was begun here ever."""
        return self.place in self._session.schemas()

    def make(self) -> None:
        """Make the database of records, if there is none."""
        words = "releases of dataops: what is live, and what can be restored"
        self._session.make_schema(self.place, exists=True, comment=words)

    def live(self) -> Release | None:
        """The release that was published last; None before the first."""
        return release_of(self._read("live"))

    def set_live(self, release: Release) -> None:
        """Write which release is live."""
        self._write("live", asdict(release))

    def pending(self) -> Change | None:
        """A publication that was begun, and of which it is not known that it ended."""
        found = self._read("pending")
        if found is None:
            return None
        new = release_of(found["new"])
        if new is None:
            raise self._damaged("pending")
        return Change(new, release_of(found["old"]), [list(map(str, each)) for each in found["adopt"]])

    def set_pending(self, change: Change | None) -> None:
        """Write what is about to be published, or that it is."""
        self._write("pending", asdict(change) if change is not None else None)

    def building(self) -> list[str]:
        """The databases of builds that were begun, and not known to have ended."""
        return [str(each) for each in self._read("building") or ()]

    def set_building(self, databases: list[str]) -> None:
        """Write which databases are about to be made."""
        self._write("building", databases)

    def waiting(self) -> dict[str, Any] | None:
        """What was written down of a release that waits to be published; None where none does."""
        found: dict[str, Any] | None = self._read("waiting")
        return found

    def set_waiting(self, record: dict[str, Any] | None) -> None:
        """Write which release waits, and what production was when it was begun; None: none does."""
        if record is None:
            self._drop("waiting")
        else:
            self._write("waiting", record)

    def keep(self, release: Release) -> None:
        """Write where a release is that can be restored from now on."""
        self._write(_RELEASE + _tail(release.id), asdict(release))

    def kept(self) -> dict[str, Release]:
        """The releases that can be restored, by id."""
        names = (each for each in self._session.relations(self.place) if each.startswith(_RELEASE))
        found = (release_of(self._read(each)) for each in names)
        return {each.id: each for each in found if each is not None}

    def forget(self, release: Release) -> None:
        """Remove the record of a release."""
        self._drop(_RELEASE + _tail(release.id))

    def _drop(self, name: str) -> None:
        self._session.run(f"drop view if exists {self._session.named(self.place, name)}")

    def _read(self, name: str) -> Any:
        try:
            text = self._session.value(f"select record from {self._session.named(self.place, name)}")  # noqa: S608
        except RefusalError as error:
            if error.missing:
                return None
            raise
        try:
            document = json.loads(str(text))
            if document["format"] == _FORMAT:
                return document["record"]
        except (ValueError, LookupError, TypeError) as error:
            raise self._damaged(name) from error
        raise StateError(f"{self.place}.{name} was written by a newer version", "install that version of dataops")

    def _write(self, name: str, record: Any) -> None:
        document = json.dumps({"format": _FORMAT, "record": record})
        query = f"select {self._session.literal(document)} as record"
        place = self._session.named(self.place, name)
        try:
            self._session.run(self._session.lead(place, query))
        except RefusalError as error:
            if not error.missing:
                raise
            self._session.run(f"create view {place} as {query}")

    def _damaged(self, name: str) -> StateError:
        return StateError(
            f"the record {self.place}.{name} is damaged", "restore it, or drop that database and deploy anew"
        )


def release_of(record: Any) -> Release | None:
    """A release as it was written; None where none was."""
    if record is None:
        return None
    return Release(
        str(record["id"]),
        str(record["token"]),
        dict(record["databases"]),
        bool(record.get("found", False)),
        dict(record.get("marks", {})),
    )


def _tail(release: str) -> str:
    return release.lower().replace("-", "_")
