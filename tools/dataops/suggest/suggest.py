"""`suggest`: profiles, then proposals, without those that the project has already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from dataops.errors import WarehouseError
from dataops.project.compiling import Compiled
from dataops.project.invocation import Parsed
from dataops.project.session import Project
from dataops.sql.privacy import Personal, shown
from dataops.suggest import links, naming, proposals, vocabulary
from dataops.suggest.evidence import Reading
from dataops.suggest.proposal import Proposal, Suggested, Table
from dataops.suggest.vocabulary import COMBINATION, RANGE, Chosen, Vocabulary, chosen, clock, quoted, reference
from dataops.warehouse import connect

LEAST = 30
"""Rows from which a table is worth judging: none NULL among 30 leaves up to 10 % possible (95 %; rule of three)."""


def suggest(project: Project, parsed: Parsed, selection: Sequence[str], least: int = LEAST) -> Suggested:
    """Propose tests for the relations that dbt's `selection` options choose, all of the project's own without any.

    Raises:
        DataopsError: the selection is none, or the warehouse cannot be reached. One relation that cannot be read is
            among the `unread` instead.
    """
    manifest = parsed.manifest
    selected = project.select(parsed.target, manifest, selection) if selection else None
    these = chosen(manifest, selected, project.name)
    with ExitStack() as stack:
        personal = Personal(manifest, Compiled(project, parsed, stack).sql).columns(these.nodes)
    with connect(project, parsed.target, manifest) as warehouse:
        return _Work(Reading(warehouse), these, personal, Vocabulary(manifest, project.name), least).done()


class _Work:
    """One run."""

    def __init__(
        self, reading: Reading, these: Chosen, personal: dict[str, frozenset[str]], words: Vocabulary, least: int
    ) -> None:
        self._reading, self._these, self._personal, self._words, self._least = reading, these, personal, words, least
        self._passed_over: dict[str, str] = {}
        self._missing: dict[str, None] = {}

    def done(self) -> Suggested:
        """Everything, in the order of the nodes' unique ids."""
        here, unread = self._reading.existing(self._these.places)
        for unique_id in set(self._these.nodes) - set(self._these.places):
            self._passed_over[unique_id] = "an ephemeral model has no relation"
        tables = self._profiles(here, unread)
        keys = {
            uid: name
            for uid, table in tables.items()
            if (name := proposals.column_key(table, self._these.nodes[uid].name, self._kind(uid)))
        }
        linked = self._linked(tables, keys)
        every = [
            each
            for unique_id, table in tables.items()
            for each in self._of(unique_id, table, keys.get(unique_id), linked)
        ]
        return Suggested(
            tuple(vocabulary.only(every, self._these, self._words)),
            self._passed_over,
            unread,
            tuple(self._missing),
            dict(self._reading.queries),
            len(tables),
        )

    def _profiles(self, here: dict[str, Any], unread: dict[str, str]) -> dict[str, Table]:
        known, tables = self._reading.rows(), {}
        for unique_id, place in here.items():
            full = (str(place.database or "").lower(), place.schema.lower(), place.identifier.lower())
            try:
                table = self._reading.profile(unique_id, place, self._personal[unique_id], known.get(full))
            except WarehouseError as error:
                unread[unique_id] = f"{place} cannot be read: {error.message}"
                continue
            if table.rows < self._least:
                few = f"{table.rows:,} rows" if table.rows else "no rows"
                self._passed_over[unique_id] = f"{few}, and {self._least:,} are needed to judge by"
                continue
            tables[unique_id] = table
        return tables

    def _linked(self, tables: dict[str, Table], keys: dict[str, str]) -> dict[tuple[str, str], tuple[links.Link, int]]:
        """The first parent of each column that holds all of its values."""
        found: dict[tuple[str, str], tuple[links.Link, int]] = {}
        asked = 0
        for at, likely in links.candidates(*self._linkable(tables, keys)).items():
            if self._words.has(at[0], "relationships", at[1]):
                continue
            for link in likely:
                if asked == links.MOST:
                    return found
                asked += 1
                count = self._reading.holds(link, self._these.places)
                if count is not None and count >= self._least:
                    found[at] = link, count
                    break
        return found

    def _linkable(self, tables: dict[str, Table], keys: dict[str, str]) -> tuple[Any, ...]:
        layers = {uid: naming.layer(self._these.nodes[uid].name, self._kind(uid)) for uid in tables}
        parents = {uid: name for uid, name in keys.items() if self._kind(uid) != "snapshot"}
        return tables, parents, self._these.names, self._these.above, layers

    def _kind(self, unique_id: str) -> str:
        return str(self._these.nodes[unique_id].resource_type)

    def _of(
        self,
        unique_id: str,
        table: Table,
        key: str | None,
        linked: dict[tuple[str, str], tuple[links.Link, int]],
    ) -> Iterator[Proposal]:
        node = self._these.nodes[unique_id]
        personal = shown(table.columns, self._personal[unique_id])
        documented = quoted(node)
        is_loaded = naming.layer(node.name, self._kind(unique_id)) in (0, 1)
        identifying: tuple[str, ...] = (key,) if key else ()
        if key is None and not self._words.has_unique(unique_id):
            found = self._reading.combination(table, self._these.places[unique_id])
            if found is not None:
                identifying = found[0]
                listed = [self._reading.written(name) for name in identifying]
                yield from self._worded(unique_id, None, COMBINATION, [listed], {}, found[1])
        if naming.layer(node.name, self._kind(unique_id)) != naming.INTERMEDIATE and self._kind(unique_id) != "seed":
            yield from self._monitors(unique_id, table, personal)
        for name, column in table.columns.items():
            quote = self._reading.must_be_quoted(name)
            if quote and documented.get(name.lower()) is False:
                self._passed_over[f"{unique_id}.{name}"] = "SQL needs its name in quotes: give it `quote: true` in YAML"
                continue
            found_for = proposals.column_tests(table, column, identifying, name in personal, is_loaded)
            for test, arguments, evidence in found_for:
                if test == RANGE:
                    yield from self._worded(unique_id, name, RANGE, list(arguments.values()), {}, evidence)
                elif not self._words.has(unique_id, test, name):
                    yield Proposal(unique_id, name, test, arguments, evidence, quote)
            if (unique_id, name) in linked:
                link, count = linked[unique_id, name]
                parent = self._these.nodes[link.parent]
                refers = {"to": reference(parent), "field": self._reading.written(link.field)}
                evidence = f"each of {count:,} values is in {parent.name}.{link.field}"
                yield Proposal(unique_id, name, "relationships", refers, evidence, quote)

    def _monitors(self, unique_id: str, table: Table, personal: frozenset[str]) -> Iterator[Proposal]:
        """Monitors by the column that says when rows happened."""
        moment = proposals.clock(table, clock(self._these.nodes[unique_id]))
        if moment is None or moment.name in personal:
            return
        table = self._reading.with_days(table, self._these.places[unique_id], moment.name)
        written = self._reading.written(moment.name)
        happened, arrived = (self._reading.written(name) for name in table.loaded or ("", ""))
        loaded = {"event_timestamp_column": happened, "update_timestamp_column": arrived} if table.loaded else {}
        for column, meaning, arguments, evidence in proposals.monitors(
            table, table.columns[moment.name], written, loaded
        ):
            if column not in personal:
                yield from self._worded(unique_id, column, meaning, [], arguments, evidence)

    def _worded(
        self, unique_id: str, column: str | None, meaning: str, values: list[Any], more: dict[str, Any], evidence: str
    ) -> Iterator[Proposal]:
        """A proposal in the words of what is installed; without them it is told once what would be proposed."""
        worded = self._words.worded(meaning, values)
        if worded is None:
            self._missing.setdefault(f"{_NAMED[meaning]} of {self._these.nodes[unique_id].name}")
            return
        test, arguments = worded
        quote = column is not None and self._reading.must_be_quoted(column)
        if not self._words.has(unique_id, test.rsplit(".", 1)[-1], column):
            yield Proposal(unique_id, column, test, {**arguments, **more}, evidence, quote)


_NAMED = {
    "range": "the ranges of columns",
    "combination": "the key of several columns",
    "volume": "a monitor of the rows by day",
    "measure": "monitors of the averages by day",
    "lateness": "a monitor of the lateness of rows",
}
