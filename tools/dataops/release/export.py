"""`export`: a released table as Parquet with a data card, the same bytes whenever it is made from the same release."""

from __future__ import annotations

import difflib
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.engines.engine import Engine
from dataops.engines.values import Extract
from dataops.errors import RefusedError, SettingsError, StateError
from dataops.project import baseline, statuses
from dataops.project.owners import owners
from dataops.release.card import Ancestor, Card, Test
from dataops.sql import privacy
from dataops.sql.privacy import Statement
from dataops.store.state import Bundle, State

_TESTS = ("test", "unit_test")
_GOOD = frozenset(statuses.GOOD)


class Export:
    """The live release, from which any number of nodes can be exported."""

    def __init__(self, engine: Engine, state: State) -> None:
        """Open the live release.

        Raises:
            StateError: nothing was released yet, or the release has no bundle.
            SettingsError: the engine does not export.
            RefusedError: production is not what was released.
        """
        engine.ensure_releases()
        if not engine.capabilities.exports:
            name = engine.capabilities.engine
            raise SettingsError(f"`export` does not work on {name} yet", "read the release's own tables there")
        self._engine = engine
        bundle = state.bundle()
        if bundle is None:
            raise StateError(
                "there is no release to export from", "make one with `dataops deploy`: it tests what it publishes"
            )
        self._release = next(each for each in state.releases() if each.id == bundle.release)
        self._check()
        self._places = baseline.read_places(bundle)
        self._manifest = _read(bundle, "manifest.json")
        self._results = {each["unique_id"]: each for each in _read(bundle, "run_results.json")["results"]}
        self._nodes = privacy.relations(self._manifest)

    def find(self, name: str) -> str:
        """The unique id of a model, seed or snapshot, given by it or by its name (`name.v2` for a version).

        Raises:
            SettingsError: there is no such node in the release.
        """
        names: dict[str, str] = {}
        for key, node in self._nodes.items():
            if key in self._places and node["resource_type"] != "source":
                version = f".v{node['version']}" if node.get("version") is not None else ""
                names |= {node["name"] + version: key, key: key}
                if not version or node.get("version") == node.get("latest_version"):
                    names[node["name"]] = key
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean `{close[0]}`? " if close else ""
            raise SettingsError(
                f"release {self._release.id} has no table `{name}`", f"{hint}`dbt ls --resource-type model` lists names"
            )
        return names[name]

    @contextmanager
    def made(self, key: str) -> Iterator[tuple[Card, Path]]:
        """The card and the Parquet file of a node; the file is gone on leaving.

        Raises:
            RefusedError: its tests failed, did not run, or there are none.
            WarehouseError: production cannot be read.
        """
        tests = self.judge(key)
        statement = privacy.statement(self._manifest, key)
        node, place = self._nodes[key], self._places[key]
        with tempfile.TemporaryDirectory(prefix="dataops-export-") as folder:
            file = Path(folder) / f"{place.identifier}.parquet"
            documented = {name.lower(): column for name, column in node["columns"].items()}
            described = {name: _line(column["description"]) for name, column in documented.items()}
            personal = {name for name, column in documented.items() if privacy.marks(column) & privacy.TAGS}
            personal |= {each.column.rsplit(".", 1)[-1] for each in statement.exposed}
            if "*" in personal:
                personal |= set(documented)
            extract = self._engine.export(place, file, described, personal)
            self._check()
            yield self._card(key, file, extract, tests, statement), file

    def _check(self) -> None:
        release = self._release.id
        if not self._engine.holds(release):
            raise RefusedError(
                f"nothing shows that {self._engine.production} is still what release {release} published: "
                "someone wrote to it since, or an earlier version of dataops released it",
                "`dataops deploy` makes a release that is tested; `dataops rollback` restores an earlier one",
            )

    def judge(self, key: str) -> tuple[Test, ...]:
        """The node's own tests in the release's run, all of which went well.

        Raises:
            RefusedError: one failed, did not run, or there is none.
        """
        nodes = {**self._manifest["nodes"], **self._manifest.get("unit_tests", {})}
        own = [
            each
            for each, node in nodes.items()
            if node["resource_type"] in _TESTS and key in node["depends_on"]["nodes"][: _reach(node)]
        ]
        name = self._nodes[key]["name"]
        if not own:
            raise RefusedError(f"no test covers {name}", "add one: a key that is unique and not null says most")
        missing = [nodes[each]["name"] for each in own if self._status(each) is None]
        failed = [nodes[each]["name"] for each in own if self._status(each) not in (_GOOD | {None})]
        if failed or missing:
            what = f"the test {failed[0]} failed" if failed else f"the test {missing[0]} did not run"
            others = len(failed) + len(missing) - 1
            more = f"; {others} more did not go well" if others else ""
            raise RefusedError(
                f"{name} is not exported: {what} in release {self._release.id}"
                + (f", and {more} more" if more else ""),
                "mend the data or the test, then `dataops deploy`",
            )
        found = (Test(str(nodes[each]["name"]), str(self._status(each)), self._failures(each)) for each in own)
        return tuple(sorted(found, key=lambda test: (test.status in statuses.PASSED, test.name)))

    def _status(self, test: str) -> str | None:
        status = self._results.get(test, {}).get("status")
        return None if status in (None, *statuses.SKIPPED, *statuses.IDLE) else str(status)

    def _failures(self, test: str) -> int:
        return int(self._results[test].get("failures") or 0)

    def _card(
        self,
        key: str,
        file: Path,
        extract: Extract,
        tests: tuple[Test, ...],
        statement: Statement,
    ) -> Card:
        node = self._nodes[key]
        ancestors = sorted(privacy.above(self._nodes, key))
        return Card(
            unique_id=key,
            name=file.stem,
            description=_line(node.get("description", "")),
            owner=", ".join(owners(self._manifest, node)),
            release=self._release.id,
            released_at=self._release.created_at,
            revision=self._release.revision,
            file=file.name,
            bytes=file.stat().st_size,
            sha256=_digest(file),
            content_hash=extract.content,
            rows=extract.rows,
            columns=extract.columns,
            tests=tests,
            privacy=statement,
            lineage=tuple(Ancestor(each, tuple(self._parents(each))) for each in ancestors),
            written_by=extract.written_by,
        )

    def _parents(self, key: str) -> list[str]:
        return sorted({up for up in self._nodes[key].get("depends_on", {}).get("nodes", []) if up in self._nodes})


def _read(bundle: Bundle, name: str) -> dict[str, Any]:
    content = bundle.read(name)
    if content is None:
        raise StateError(f"the state bundle {bundle.source} has no {name}", "run `dataops deploy` to write it anew")
    parsed: dict[str, Any] = json.loads(content)
    return parsed


def _reach(test: Mapping[str, Any]) -> int | None:
    """How many of a test's parents it is about: a unit test is about the first, the others are its inputs."""
    return 1 if test["resource_type"] == "unit_test" else None


def _digest(file: Path) -> str:
    """SHA-256 of a file of any size."""
    found = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _line(text: object) -> str:
    return " ".join(str(text).split())
