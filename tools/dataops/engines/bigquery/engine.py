"""BigQuery as an engine: datasets of one project, in which a view is led elsewhere by `create or replace view`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.bigquery.session import Session
from dataops.engines.values import Attire, Capabilities, Stand
from dataops.engines.views.engine import Views
from dataops.engines.views.refusals import refusals
from dataops.errors import DataopsError, SettingsError

_DESCRIPTION = Attire(
    "a description",
    "alter view {} set options (description = 'of the rehearsal', labels = [('rehearsed', 'yes')])",
    "select option_name, option_value from `{schema}`.INFORMATION_SCHEMA.TABLE_OPTIONS"
    " where table_name = '{name}' and option_name in ('description', 'labels') order by 1",
)


class BigQuery(Views):
    """Production in datasets of a project."""

    session = Session

    @property
    def capabilities(self) -> Capabilities:
        """What holds on BigQuery."""
        return CAPABILITIES["bigquery"]

    def ensure_releases(self) -> None:
        """Refuse what leaves open where a dataset is.

        Raises:
            SettingsError: the target names no location, or its jobs run in another project.
        """
        credentials = self.project.credentials(self.targets.production)
        if not getattr(credentials, "location", None):
            raise SettingsError(
                "releases on BigQuery are datasets made where production's are, and the target has no `location`",
                "set `location` in the target to that of its dataset",
            )
        running = getattr(credentials, "execution_project", None)
        if running and running != credentials.database:
            raise SettingsError(
                f"releases on BigQuery are in the project that jobs run in, and the target's `execution_project` "
                f"{running} is not its `project` {credentials.database}",
                "release under a target without `execution_project`; `plan`, `lint` and `ci` work here",
            )

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What is no table or view, or is in another project."""
        project = str(self.project.credentials(self.targets.production).database)
        return refusals(manifest, self.capabilities.engine, project, ("materialized_view",))

    def stand(self, folder: Path, name: str) -> Stand:
        """A dataset of the same project."""
        return Stand({"schema": name, "dataset": name}, attire=(_DESCRIPTION,))
