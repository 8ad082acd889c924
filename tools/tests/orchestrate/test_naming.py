"""Datasets are called what OpenLineage's conventions call them, and no name shows who connects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openlineage.client.naming import dataset as official

from dataops.orchestrate.openlineage.naming import Names, name, namespace

ROOT = Path("/srv/shop")
NODE = {"database": "db", "schema": "marts", "alias": "orders", "name": "renamed"}

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("duckdb", {"path": "prod.duckdb"}, "duckdb:///srv/shop/prod.duckdb"),
    ("duckdb", {"path": "../data/prod.duckdb"}, "duckdb:///srv/data/prod.duckdb"),
    ("duckdb", {"path": "/data/prod.duckdb"}, "duckdb:///data/prod.duckdb"),
    ("duckdb", {"path": "md:prod?motherduck_token=hunter2"}, "duckdb://md:prod"),
    ("duckdb", {"path": ":memory:"}, "duckdb://:memory:"),
    ("postgres", {"host": "db.example.com", "port": 5433}, "postgres://db.example.com:5433"),
    ("postgres", {"host": "/var/run/postgresql", "port": None}, "postgres://localhost:5432"),
    ("postgres", {"host": "anna:hunter2@db.example.com", "port": 5432}, "postgres://db.example.com:5432"),
    ("snowflake", {"account": "my_org-prod"}, "snowflake://my_org-prod"),
    ("snowflake", {"account": "my-org.privatelink"}, "snowflake://my-org"),
    ("snowflake", {"account": "xy12345"}, "snowflake://xy12345.us-west-1.aws"),
    ("snowflake", {"account": "xy12345.eu-west-1"}, "snowflake://xy12345.eu-west-1.aws"),
    ("snowflake", {"account": "xy12345.east-us-2.azure"}, "snowflake://xy12345.east-us-2.azure"),
    ("bigquery", {"project": "db"}, "bigquery"),
    ("redshift", {"host": "c1.abc.eu-west-1.redshift.amazonaws.com", "port": 5439}, "redshift://c1.eu-west-1:5439"),
    ("redshift", {"host": "warehouse.internal", "port": 5440}, "redshift://warehouse.internal:5440"),
    ("databricks", {"host": "https://dbc-1.cloud.example.com/"}, "unitycatalog://dbc-1.cloud.example.com"),
    ("spark", {"host": "thrift", "method": "thrift", "port": None}, "spark://thrift:10001"),
    ("spark", {"host": "thrift", "method": "thrift", "port": 10000}, "spark://thrift:10000"),
    ("trino", {"host": "trino.internal", "port": 8443}, "trino://trino.internal:8443"),
]


@pytest.mark.parametrize(("adapter", "facts", "called"), CASES)
def test_a_namespace_is_the_place_alone(adapter: str, facts: dict[str, Any], called: str) -> None:
    facts = {"user": "anna", "password": "hunter2", "token": "hunter2", **facts}
    assert namespace(adapter, facts, ROOT) == called
    assert "anna" not in called
    assert "hunter2" not in called


def test_the_names_are_those_of_the_clients_own_rules() -> None:
    """Where OpenLineage's client has a rule for a database, ours says the same."""
    rules: list[tuple[official.DatasetNaming, str, dict[str, Any]]] = [
        (official.Postgres("h", "5432", "db", "marts", "orders"), "postgres", {"host": "h", "port": 5432}),
        (
            official.Redshift("c1", "eu-west-1", "5439", "db", "marts", "orders"),
            "redshift",
            {"host": "c1.abc.eu-west-1.redshift.amazonaws.com", "port": 5439},
        ),
        (official.Snowflake("my_org", "prod", "db", "marts", "orders"), "snowflake", {"account": "my_org-prod"}),
        (official.BigQuery("db", "marts", "orders"), "bigquery", {}),
        (official.Trino("h", "8443", "db", "marts", "orders"), "trino", {"host": "h", "port": 8443}),
    ]
    for rule, adapter, facts in rules:
        assert namespace(adapter, facts, ROOT) == rule.get_namespace()
        assert name(NODE) == rule.get_name()


def test_a_database_without_databases_has_two_parts() -> None:
    assert name({**NODE, "database": None}) == "marts.orders"


def test_a_relation_of_an_attached_database_is_at_home_there() -> None:
    names = Names("duckdb:///srv/ci.duckdb", {"prod": "duckdb:///srv/prod.duckdb"})
    assert names.dataset({**NODE, "database": "ci"})["namespace"] == "duckdb:///srv/ci.duckdb"
    assert names.dataset({**NODE, "database": "Prod"})["namespace"] == "duckdb:///srv/prod.duckdb"
