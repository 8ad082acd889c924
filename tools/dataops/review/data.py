"""Production's rows beside the change's, relation by relation, and any two relations as a person names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from dataops.config import Diff as DiffSettings
from dataops.config import Settings
from dataops.diff import keys, offending
from dataops.diff.columns import Tolerance
from dataops.diff.compare import compare
from dataops.diff.difference import Diff, Key
from dataops.diff.pair import Options, Pair, Side
from dataops.engines.registry import engine_of, resolve
from dataops.errors import SettingsError, WarehouseError
from dataops.project.compiling import Compiled
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.review.rules import About
from dataops.sql.difference import Difference
from dataops.sql.privacy import Personal, shown
from dataops.warehouse import Warehouse, connect


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


def relations(project: Project, settings: Settings, before: str, after: str, queries: bool, asked: Asked) -> Diff:
    """Compare two relations (`database.schema.name`, as in SQL) or, with `queries`, the results of two queries.

    On DuckDB production's file is attached under its own name. A relation of the project brings its own key.

    Raises:
        WarehouseError: one of them cannot be read.
    """
    engine = engine_of(project, resolve(project, settings, None))
    target = engine.with_production(project.options.target or project.default_target)
    head = project.parse(target)
    node = None if queries else _node(head.manifest, [before, after])
    with ExitStack() as stack:
        known = Personal(head.manifest, Compiled(project, head, stack).sql)
        personal = known.names | (known.columns([node.unique_id])[node.unique_id] if node is not None else frozenset())
    with connect(project, target, head.manifest) as warehouse:
        comparing = Comparing(head.manifest, warehouse, settings.diff, asked)
        sides = _side(warehouse, before, queries), _side(warehouse, after, queries)
        tests = tests_by_node(head.manifest).get(node.unique_id, ()) if node is not None else ()
        key = keys.chosen(node, tests, asked.key) if node is not None else Key(asked.key, "--key" if asked.key else "")
        _refuse_unknown(asked.key, sides)
        hidden = shown([*sides[0].columns, *sides[1].columns], personal)
        pair = Pair(node.unique_id if node is not None else f"{sides[0].label} → {sides[1].label}", sides[0], sides[1])
        return compare(warehouse, pair, comparing.options(key, hidden, asked.event_time or event_time(node)))


def _side(warehouse: Warehouse, named: str, query: bool) -> Side:
    sql = f"({named.strip().rstrip(';')}\n)" if query else named
    try:
        return Side(named, sql, warehouse.query_columns(f"select * from {sql} s"))  # noqa: S608
    except WarehouseError as error:
        raise WarehouseError(
            f"{'the query' if query else 'the relation'} {named} cannot be read: {error.message}",
            "name it as in SQL: database.schema.name, with quotes where SQL needs them",
        ) from error


def _node(manifest: Any, named: list[str]) -> Any:
    """The node that one of the relations belongs to, so that its key and its personal columns are known."""
    wanted = {"".join(mark for mark in each if mark not in '"`[]').lower() for each in named}
    here = {uid: place for uid, place in places(manifest).items() if uid in manifest.nodes}
    # Under another target it has another database or schema; its own name may then be enough.
    for parts in (3, 2, 1):
        found = [uid for uid, place in here.items() if _dotted(place, parts) in {_last(each, parts) for each in wanted}]
        if len(found) == 1:
            return manifest.nodes[found[0]]
    return None


def _dotted(place: Place, parts: int) -> str:
    return ".".join([str(part).lower() for part in (place.database, place.schema, place.identifier)][-parts:])


def _last(name: str, parts: int) -> str:
    return ".".join(name.split(".")[-parts:])


def _refuse_unknown(key: tuple[str, ...], sides: tuple[Side, Side]) -> None:
    for side in sides:
        missing = [name for name in key if name.lower() not in {each.lower() for each in side.columns}]
        if missing:
            raise SettingsError(
                f"{side.label} has no column `{missing[0]}`", f"its columns: {', '.join(list(side.columns)[:30])}"
            )
