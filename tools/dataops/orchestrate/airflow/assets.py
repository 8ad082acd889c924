"""Assets of a project, for the pipelines that wait for them."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import Asset

from dataops.orchestrate.told import read_index


def dataops_assets(index: str) -> dict[str, Asset]:
    """The assets of an index by name: `shop.fct_orders`, `shop.exposure.sales_dashboard`.

    Raises:
        ValueError: it is no index.
    """
    assets = read_index(Path(index))["assets"]
    return {each["name"]: Asset(name=each["name"], uri=each["uri"]) for each in assets}
