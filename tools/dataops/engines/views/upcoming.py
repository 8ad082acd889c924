"""The next release from its beginning to its publication, also where it waits in between, for another process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any

from dataops.engines.views.journal import Change, Release, release_of
from dataops.engines.views.names import token
from dataops.engines.views.publication import Window
from dataops.engines.views.session import Relation, Session
from dataops.engines.views.store import Store
from dataops.errors import StateError, WarehouseError

Key = tuple[str, str]
"""A relation of production's: schema and name, as the warehouse keeps them."""

Content = tuple[int, int | None]
"""How many rows, and a digest of them."""


@dataclass(frozen=True)
class Begun:
    """What production was when the next release began: all that has to be known to publish it.

    `token`: of the build; `places`: by production's schema, the one in its stead; `live`: what was live; `names`: the
    project's relations, and those that were `there`; `copied`: what of them was copied, as SQL, with its content.
    """

    token: str
    places: Mapping[str, str]
    live: Release | None
    names: Collection[Key]
    there: Mapping[Key, Relation]
    copied: Mapping[Key, tuple[str, Content]]

    def changed(self, session: Session) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        before, now = (
            {key: each.identity for key, each in seen.items()} for seen in (self.there, look(session, self.names))
        )
        found = {key for key in {*before, *now} if before.get(key) != now.get(key)}
        for key, (source, content) in self.copied.items():
            if key not in found and session.content(source) != content:
                found.add(key)
        return [".".join(key) for key in sorted(found)]

    def publish(self, store: Store, release: str, superseded: str | None) -> Window:
        """Lead production's views to what was built.

        Raises:
            WarehouseError: production was written to since; nothing was changed.
        """
        changed = self.changed(store.session)
        if changed:
            raise WarehouseError(
                f"{', '.join(changed)} in production was written to by someone else while the release was made",
                "run again; let only `dataops deploy` write to production",
            )
        old = self.live
        adopt: list[list[str]] = []
        if old is None and superseded is not None:
            mark = token()
            databases = {schema: store.session.beside(schema, mark) for schema in self.places}
            old = Release(superseded, mark, databases, found=True)
            adopt = [list(key) for key in sorted(self.there)]
            self._refuse_hindered(store.session)
        marks = store.session.marks(self.places.values())
        return store.publish(Change(Release(release, self.token, dict(self.places), marks=marks), old, adopt))

    def _refuse_hindered(self, session: Session) -> None:
        for key, relation in sorted(self.there.items()):
            why = None if relation.view else session.hindrance(relation)
            if why is not None:
                raise WarehouseError(
                    f"{'.'.join(key)} {why}", "let the project make it for what it builds, take it off, then run again"
                )


def look(session: Session, names: Collection[Key]) -> dict[Key, Relation]:
    """Those of the project's relations that production has."""
    found = {
        (schema, name): relation
        for schema in {each for each, _ in names}
        for name, relation in session.relations(schema).items()
    }
    return {key: each for key, each in found.items() if key in names}


def packed(release: str, begun: Begun) -> dict[str, Any]:
    """A record of a release that waits."""
    return {
        "release": release,
        "token": begun.token,
        "places": dict(begun.places),
        "live": asdict(begun.live) if begun.live is not None else None,
        "names": sorted(list(key) for key in begun.names),
        "there": [[*key, *astuple(each)] for key, each in begun.there.items()],
        "copied": [[*key, source, *content] for key, (source, content) in begun.copied.items()],
    }


def unpacked(record: Mapping[str, Any]) -> Begun:
    """What `packed` made.

    Raises:
        StateError: it is damaged.
    """
    try:
        return Begun(
            token=str(record["token"]),
            places=dict(record["places"]),
            live=release_of(record["live"]),
            names={(schema, name) for schema, name in record["names"]},
            there={(row[0], row[1]): Relation(*row[2:]) for row in record["there"]},
            copied={
                (schema, name): (source, (rows, digest)) for schema, name, source, rows, digest in record["copied"]
            },
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"what waits to be published is damaged: {error}", "`dataops discard`, then deploy again"
        ) from error
