"""Links of a task to what the project's site shows: `site` of the operator is where `dataops site` is published."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk.bases.operatorlink import BaseOperatorLink


class _Page(BaseOperatorLink):
    """A page of the site."""

    page: ClassVar[str]

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """See `BaseOperatorLink`; empty where no site was given."""
        site = getattr(operator, "site", None)
        return f"{str(site).rstrip('/')}/{self.page}" if site else ""


class Runs(_Page):
    """What ran, and how it ended."""

    name = "dataops runs"
    page = "runs.html"


class Review(_Page):
    """The last review of a change."""

    name = "dataops review"
    page = "reviews/latest.html"


class Report(_Page):
    """Elementary's report."""

    name = "dataops report"
    page = "report.html"


LINKS = (Runs(), Review(), Report())
