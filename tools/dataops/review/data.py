"""What the change does to production's rows: every relation that it built, compared with production's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataops.changes.meaning import Difference
from dataops.checks.personal import shown
from dataops.config import Diff as DiffSettings
from dataops.diff import keys
from dataops.diff.columns import Tolerance
from dataops.diff.compare import compare
from dataops.diff.facts import Diff, Key
from dataops.diff.request import Options, Pair, Side
from dataops.errors import WarehouseError
from dataops.project.slices import Place
from dataops.review import offending
from dataops.review.rules import About
from dataops.warehouse import Warehouse


@dataclass(frozen=True)
class Asked:
    """What the user asked for beyond the settings. `key`: its columns, for every relation. `event_time`: a column."""

    key: tuple[str, ...] = ()
    event_time: str | None = None
    sampled_above: int | None = None


class Comparing:
    """Comparisons of a parsed project's relations in an open warehouse."""

    def __init__(self, manifest: Any, warehouse: Warehouse, settings: DiffSettings, asked: Asked) -> None:
        self._manifest = manifest
        self.warehouse = warehouse
        self._settings = settings
        self._asked = asked
        self._tests = tests_by_node(manifest)

    def diff(
        self,
        unique_id: str,
        before: Place,
        after: Place,
        personal: Collection[str],
        against: str = "production",
        differs: Difference | None = None,
        notes: Sequence[str] = (),
    ) -> Diff:
        """One node's relation in two places. `differs`: what the plan says of its output.

        A comparison that the database refuses is a difference that says why, so that the others are still made.
        """
        try:
            pair = Pair(unique_id, self.side(before), self.side(after), against)
            return compare(self.warehouse, pair, self._options(unique_id, pair, personal, differs, notes))
        except WarehouseError as error:
            return Diff(unique_id, str(before), str(after), against, Key((), ""), None, (), failure=error.message)

    def attached(self, tests: Iterable[str]) -> Iterator[tuple[Any, str]]:
        """The tests among some that are of one node, with that node."""
        for unique_id in tests:
            node = self._manifest.nodes[unique_id]
            if getattr(node, "attached_node", None):
                yield node, node.attached_node

    def holes(self, test: Any, place: Place) -> str | None:
        """SQL for the keys of the rows in which a `not_null` test's column is NULL; None for another test."""
        node = self._manifest.nodes[test.attached_node]
        key = keys.chosen(node, self._tests.get(node.unique_id, ()))
        return offending.holes(test, self.warehouse.rendered(place), key.columns, self.warehouse.quote)

    def side(self, place: Place) -> Side:
        """A relation as one side."""
        nullable = self.warehouse.nullable(place)
        return Side(str(place), self.warehouse.rendered(place), self.warehouse.columns(place), nullable)

    def _options(
        self, unique_id: str, pair: Pair, personal: Collection[str], differs: Difference | None, notes: Sequence[str]
    ) -> Options:
        node = self._manifest.nodes.get(unique_id)
        key = keys.chosen(node, self._tests.get(unique_id, ()), self._asked.key) if node is not None else keys.NONE
        columns = [*pair.before.columns, *pair.after.columns]
        return self.options(
            key,
            shown(columns, personal),
            self._asked.event_time or event_time(node),
            _suspects(differs, columns),
            notes,
        )

    def options(
        self,
        key: Key,
        hidden: frozenset[str],
        event_time: str | None,
        suspects: frozenset[str] | None = None,
        notes: Sequence[str] = (),
    ) -> Options:
        """The settings' options for one comparison."""
        return Options(
            key,
            Tolerance(
                self._settings.relative_tolerance,
                self._settings.absolute_tolerance,
                self._settings.ignore_case,
                self._settings.ignore_space,
            ),
            event_time,
            suspects,
            hidden,
            self._settings.samples,
            self._asked.sampled_above or self._settings.sampled_above,
            tuple(notes),
        )


def tests_by_node(manifest: Any) -> dict[str, list[Any]]:
    """The data tests of each node."""
    found: dict[str, list[Any]] = {}
    for node in manifest.nodes.values():
        attached = getattr(node, "attached_node", None)
        if str(node.resource_type) == "test" and attached:
            found.setdefault(attached, []).append(node)
    return found


def event_time(node: Any) -> str | None:
    """The column that says when a node's rows happened, as configured for dbt or in its `meta`."""
    if node is None:
        return None
    meta = {**(getattr(node, "meta", None) or {}), **(getattr(node.config, "meta", None) or {})}
    named = getattr(node.config, "event_time", None) or meta.get("event_time")
    return str(named) if named else None


def about(manifest: Any, unique_ids: Iterable[str]) -> dict[str, About]:
    """What rules choose models by."""
    return {
        uid: About(manifest.nodes[uid].original_file_path, frozenset(manifest.nodes[uid].tags))
        for uid in unique_ids
        if uid in manifest.nodes
    }


def _suspects(differs: Difference | None, columns: Collection[str]) -> frozenset[str] | None:
    """The columns that can differ, where the plan knows them; None for all."""
    if differs is None or differs.unresolved or differs.rows or differs.cosmetic:
        return None
    wanted = {name.lower() for name in differs.columns}
    return frozenset(name for name in columns if name.lower() in wanted)


def with_note(diff: Diff, note: str) -> Diff:
    """A difference with one more sentence for the reader."""
    return replace(diff, notes=(*diff.notes, note))


def pairs(
    built: Collection[str], here: Mapping[str, Place], live: Mapping[str, Place], warehouse: Warehouse
) -> dict[str, tuple[Place, Place]]:
    """The places of every relation that was built and that production has too."""
    after = warehouse.existing({uid: here[uid] for uid in built if uid in here})
    before = warehouse.existing({uid: live[uid] for uid in after if uid in live})
    return {uid: (before[uid], after[uid]) for uid in sorted(before)}
