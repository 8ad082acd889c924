"""Databricks as an engine: schemas of one catalog, in which a view is led elsewhere by `alter view`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.databricks.session import Session
from dataops.engines.values import Attire, Capabilities, Stand
from dataops.engines.views.engine import Views
from dataops.engines.views.refusals import refusals
from dataops.errors import DataopsError, SettingsError

_READERS = Attire(
    "grants",
    "grant select on table {} to `account users`",
    "select grantee, privilege_type from information_schema.table_privileges"
    " where table_schema = lower('{schema}') and table_name = lower('{name}') order by 1, 2",
)


class Databricks(Views):
    """Production in schemas of a catalog."""

    session = Session

    @property
    def capabilities(self) -> Capabilities:
        """What holds on Databricks."""
        return CAPABILITIES["databricks"]

    def ensure_releases(self) -> None:
        """Refuse the metastore of a workspace, which tells less of its relations.

        Raises:
            SettingsError: production is not in Unity Catalog.
        """
        if self._catalog.lower() in ("hive_metastore", "none", ""):
            raise SettingsError(
                "releases on Databricks need Unity Catalog, and production has no `catalog` of its own",
                "set `catalog` in the target; `plan`, `lint` and `ci` work here",
            )

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What is no table or view, or is in another catalog."""
        return refusals(manifest, self.capabilities.engine, self._catalog, ("materialized_view", "streaming_table"))

    def stand(self, folder: Path, name: str) -> Stand:
        """A schema of the same catalog."""
        return Stand({"schema": name}, attire=(_READERS,))

    @property
    def _catalog(self) -> str:
        return str(self.project.credentials(self.targets.production).database)
