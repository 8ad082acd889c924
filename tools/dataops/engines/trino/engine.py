"""Trino as an engine: schemas of one catalog, in which a view is led elsewhere by `create or replace view`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.trino.session import Session
from dataops.engines.values import Attire, Capabilities, Stand
from dataops.engines.views.engine import Views
from dataops.engines.views.refusals import refusals
from dataops.errors import DataopsError

_COMMENT = Attire(
    "a comment",
    "comment on view {} is 'of the rehearsal'",
    "select comment from system.metadata.table_comments"
    " where catalog_name = current_catalog and schema_name = lower('{schema}') and table_name = lower('{name}')",
)


class Trino(Views):
    """Production in schemas of a catalog."""

    session = Session

    @property
    def capabilities(self) -> Capabilities:
        """What holds on Trino."""
        return CAPABILITIES["trino"]

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What is no table or view, or is in another catalog."""
        catalog = str(self.project.credentials(self.targets.production).database)
        return refusals(manifest, self.capabilities.engine, catalog, ("materialized_view",))

    def stand(self, folder: Path, name: str) -> Stand:
        """A schema of the same catalog."""
        return Stand({"schema": name}, attire=(_COMMENT,))
