"""What a project asks for that an engine of views could not build apart, or could not take back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from dataops.engines.beside import built
from dataops.errors import SettingsError
from dataops.project.graph import functions


def refusals(manifest: Any, engine: str, database: str, kinds: Collection[str]) -> Iterator[SettingsError]:
    """Each with the node and what to do. `database`: production's; `kinds`: those that are no plain table."""
    for uid, node in sorted(built(manifest).items()):
        name = uid.split(".", 2)[-1]
        if str(node.database or database).lower() != database.lower():
            yield SettingsError(
                f"{name} is in the database {node.database}, and a release on {engine} is in {database} alone",
                "leave out its `database`, or release that part of the project as one of its own",
            )
        if str(node.config.materialized) in kinds:
            yield SettingsError(
                f"{name} is a {node.config.materialized}, which a release on {engine} cannot keep and bring back",
                "make it a table, a view or an incremental model",
            )
    for uid in functions(manifest):
        yield SettingsError(
            f"{uid} is a function, and releases on {engine} hold relations only", "make it in an `on-run-start` hook"
        )
