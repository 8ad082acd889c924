"""Snowflake as an engine: schemas of one database, in which a view is led elsewhere by `create or replace view`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.snowflake.session import Session
from dataops.engines.values import Attire, Capabilities, Stand
from dataops.engines.views.engine import Views
from dataops.engines.views.refusals import refusals
from dataops.errors import DataopsError

_READERS = Attire(
    "grants",
    "grant select on view {} to role public",
    "select grantee, privilege_type from information_schema.object_privileges"
    " where lower(object_schema) = lower('{schema}') and lower(object_name) = lower('{name}') order by 1, 2",
)


class Snowflake(Views):
    """Production in schemas of a Snowflake database."""

    session = Session

    @property
    def capabilities(self) -> Capabilities:
        """What holds on Snowflake."""
        return CAPABILITIES["snowflake"]

    def stand(self, folder: Path, name: str) -> Stand:
        """A schema of the same database."""
        return Stand({"schema": name}, attire=(_READERS,))

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What is no table or view, or is in another database."""
        database = str(self.project.credentials(self.targets.production).database)
        return refusals(manifest, self.capabilities.engine, database, ("dynamic_table", "materialized_view"))
