"""What a project asks for that Spark cannot do, or no release there could take back, or that it has to be told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataops.engines.values import Note
from dataops.errors import SettingsError
from dataops.project.graph import functions

_WRITABLE = ("delta", "iceberg", "hudi")
"""Formats whose rows can be changed; those of any other can only be added to, or replaced by partitions."""

_NAMED = 3
"""Nodes that are named where many have the same reason."""

_STEPS = "spark.sql.analyzer.maxIterations"

_FORMAT = f"`file_format` of {', '.join(_WRITABLE)}"

Reason = tuple[str, str]
"""What is wrong, with `{}` for the nodes that it is true of, and the remedy."""


def refusals(manifest: Any) -> Iterator[SettingsError]:
    """One for each reason, with the nodes and what to write instead."""
    found: dict[Reason, list[str]] = {}
    for uid, node in sorted(manifest.nodes.items()):
        if str(node.resource_type) in ("model", "seed", "snapshot"):
            for reason in _of(node, str(node.resource_type)):
                found.setdefault(reason, []).append(uid.split(".", 2)[-1])
    for uid in functions(manifest):
        reason = "releases on Spark hold relations only, no function: {}", "make it in an `on-run-start` hook"
        found.setdefault(reason, []).append(uid.split(".", 2)[-1])
    for (text, remedy), names in found.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield SettingsError(text.format(", ".join(names[:_NAMED]) + more), remedy)


def notes(manifest: Any, parameters: Mapping[str, str]) -> Iterator[Note]:
    """What the profile's `server_side_parameters` have to say for what the project has."""
    monitors = [node for node in manifest.nodes.values() if _is_monitor(getattr(node, "test_metadata", None))]
    if monitors and not any(each.endswith(_STEPS) for each in parameters):
        yield Note(
            "monitors",
            "Spark's analyser gives up on most of them after 100 steps; in the profile, "
            f'`server_side_parameters: {{"set:hiveconf:{_STEPS}": "1000"}}` lets it go on',
        )


def _is_monitor(metadata: Any) -> bool:
    return metadata is not None and metadata.namespace == "dataops_toolkit" and metadata.name.endswith("_anomalies")


def _of(node: Any, kind: str) -> Iterator[Reason]:
    file_format = str(_config(node, "file_format") or "")
    tables = f"{file_format or 'plain'} tables of Spark"
    if _config(node, "location_root"):
        yield (
            "with a `location_root`, each release would write its files over those of the one before: {}",
            "leave it out, and set `location` of production's database instead",
        )
    if kind == "snapshot" and file_format not in _WRITABLE:
        yield (
            f"a snapshot changes rows, which {tables} cannot: {{}}",
            f"set a {_FORMAT}, or `enabled: false`",
        )
    if str(getattr(node, "language", "sql")) == "python":
        yield "dbt's Spark adapter runs Python models on Databricks only: {}", "write it in SQL"
    if kind == "model" and str(node.config.materialized) == "incremental" and _config(node, "full_refresh") is not True:
        yield from _of_incremental(node, tables, file_format)
    if kind == "model" and not file_format and _promises_not_null(node):
        yield (
            "a contract says `not_null`, which Spark refuses of a plain table once dbt has made it: {}",
            "set `file_format`: dbt leaves the constraint out on parquet, and a not_null test says it there",
        )


def _of_incremental(node: Any, tables: str, file_format: str) -> Iterator[Reason]:
    strategy = str(_config(node, "incremental_strategy") or "append")
    if strategy in ("merge", "delete+insert") and file_format not in _WRITABLE:
        yield (
            f"an incremental model by `{strategy}` changes rows, which {tables} cannot: {{}}",
            f"set another `incremental_strategy`, `full_refresh: true` to make it anew each time, or a {_FORMAT}",
        )
    if strategy == "append" and _config(node, "unique_key"):
        yield (
            "an incremental model has a `unique_key`, and is appended to: a row that comes again is there twice: {}",
            f"set `insert_overwrite` with `partition_by`, `full_refresh: true` to make it anew, or a {_FORMAT}",
        )


def _promises_not_null(node: Any) -> bool:
    contract = getattr(node, "contract", None)
    if contract is None or not contract.enforced or str(node.config.materialized) == "view":
        return False
    rules = (rule for each in node.columns.values() for rule in each.constraints)
    return any(str(getattr(rule.type, "value", rule.type)) == "not_null" for rule in rules)


def _config(node: Any, name: str) -> Any:
    return node.config.get(name) if hasattr(node.config, "get") else None
