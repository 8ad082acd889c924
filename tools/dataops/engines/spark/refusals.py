"""What a project asks for that Spark cannot do, or that a release there could not take back: told before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dataops.errors import SettingsError
from dataops.project.graph import functions

_WRITABLE = ("delta", "iceberg", "hudi")
"""Formats whose rows can be changed; those of any other can only be added to, or replaced by partitions."""


def refusals(manifest: Any) -> Iterator[SettingsError]:
    """Each with the node and what to write instead."""
    for uid, node in sorted(manifest.nodes.items()):
        name = uid.split(".", 2)[-1]
        file_format = str(_config(node, "file_format") or "")
        kind = str(node.resource_type)
        if kind not in ("model", "seed", "snapshot"):
            continue
        if _config(node, "location_root"):
            yield SettingsError(
                f"{name} has a `location_root`: each release would write its files over those of the one before",
                "leave it out, and set `location` of production's database instead",
            )
        if kind == "snapshot" and file_format not in _WRITABLE:
            yield SettingsError(
                f"the snapshot {name} changes rows, which {file_format or 'plain'} tables of Spark cannot",
                f"set its `file_format` to one of {', '.join(_WRITABLE)}",
            )
        if str(getattr(node, "language", "sql")) == "python":
            yield SettingsError(
                f"{name} is a Python model, which dbt's Spark adapter runs on Databricks only", "write it in SQL"
            )
        if kind == "model":
            yield from _of_model(name, node, file_format)
    for uid in functions(manifest):
        yield SettingsError(
            f"{uid} is a function, and releases on Spark hold relations only", "make it in an `on-run-start` hook"
        )


def _of_model(name: str, node: Any, file_format: str) -> Iterator[SettingsError]:
    strategy = str(_config(node, "incremental_strategy") or "append")
    adds = str(node.config.materialized) == "incremental" and file_format not in _WRITABLE
    if adds and strategy in ("merge", "delete+insert"):
        yield SettingsError(
            f"{name} is incremental by `{strategy}`, which {file_format or 'plain'} tables of Spark cannot do",
            f"set `incremental_strategy` to append, insert_overwrite or microbatch, or `file_format` to one of "
            f"{', '.join(_WRITABLE)}",
        )
    contract = getattr(node, "contract", None)
    if contract is not None and contract.enforced and not file_format:
        kinds = {
            str(getattr(rule.type, "value", rule.type)) for each in node.columns.values() for rule in each.constraints
        }
        if "not_null" in kinds:
            yield SettingsError(
                f"the contract of {name} says `not_null`, which Spark refuses of a plain table once dbt has made it",
                "set its `file_format`: dbt leaves the constraint out on parquet, and a not_null test says it there",
            )


def _config(node: Any, name: str) -> Any:
    return node.config.get(name) if hasattr(node.config, "get") else None
