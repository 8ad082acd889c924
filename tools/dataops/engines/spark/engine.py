"""Spark as an engine: databases of a metastore, in which a view is led elsewhere by `alter view`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.spark import export
from dataops.engines.spark.refusals import notes, refusals
from dataops.engines.spark.session import Session
from dataops.engines.spark.workspace import SparkSchemas
from dataops.engines.values import Capabilities, Extract, Note
from dataops.engines.views.engine import Views
from dataops.errors import DataopsError, SettingsError
from dataops.project.slices import Place

_METHODS = ("thrift", "session")


class Spark(Views):
    """Production in databases of a metastore."""

    session = Session

    @property
    def workspace(self) -> SparkSchemas:
        """The schemas of the pull requests' target."""
        return SparkSchemas(self.project, self.targets)

    @property
    def capabilities(self) -> Capabilities:
        """What holds on Spark."""
        return CAPABILITIES["spark"]

    def ensure_releases(self) -> None:
        """Refuse a way to Spark on which releases were never tried.

        Raises:
            SettingsError: dbt's method is neither `thrift` nor `session`.
        """
        method = str(getattr(self.project.credentials(self.targets.production), "method", ""))
        if method not in _METHODS:
            raise SettingsError(
                f"releases on Spark were tried by the methods {' and '.join(_METHODS)}, and production has `{method}`",
                "release with `dataops build`, which leaves out what is paused; `plan`, `lint` and `ci` work here",
            )

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What Spark cannot do, or no release could take back."""
        return refusals(manifest)

    def notes(self, manifest: Any) -> Iterator[Note]:
        """What Spark has to be told for the project's monitors."""
        credentials = self.project.credentials(self.targets.production)
        return notes(manifest, getattr(credentials, "server_side_parameters", None) or {})

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Read it row by row."""
        session = Session(lambda: self.project.driver(self.targets.production))
        try:
            return export.extract(session, place, file, described, personal)
        finally:
            session.close()
