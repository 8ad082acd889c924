"""Which columns of Elementary's rows are personal: told from the SQL that made them, as it ran at the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dataops import statuses
from dataops.checks.personal import Personal
from dataops.checks.taint import ANY
from dataops.observe.history.described import find
from dataops.observe.history.elementary.tables import Row

EVERYTHING = frozenset({ANY})


class Private:
    """Follows the SQL of runs from the oldest to the newest. Tags are those that the project has now."""

    def __init__(self, manifest: Any) -> None:
        self._manifest = manifest
        self._ran: dict[str, str] = {}
        self._personal = Personal(manifest, self._ran.get)
        self.needs_code = bool(self._personal.names)

    def happened(self, results: Iterable[Row]) -> None:
        """Note the SQL of a run's nodes. One that failed left its relation as it was; a test has none."""
        for row in results:
            kind, code = str(row.get("resource_type")), row.get("compiled_code")
            if kind == "test":
                # A test of which this run does not say the SQL must not be judged by that of another run.
                self._ran.pop(str(row["unique_id"]), None)
            if code and (kind == "test" or row["status"] in statuses.PASSED):
                self._ran[str(row["unique_id"])] = str(code)

    def columns(self, unique_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Personal columns by node, as `Personal.columns`: all of one that the project does not have any more."""
        wanted = list(unique_ids)
        known = [each for each in wanted if find(self._manifest, each) is not None]
        return {**dict.fromkeys(wanted, EVERYTHING), **self._personal.columns(known)}
