"""A manifest as a file: of this dbt, of an earlier one, or of dbt 2, whose words become those of dbt 1."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest

from dataops.errors import StateError

GROUPS = (
    "nodes", "sources", "macros", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions",
)  # fmt: skip
_MAPS = ("docs", "groups", "selectors", "disabled", "parent_map", "child_map", "group_map")
_DEFAULTS = {"schema_origin": "remote"}
"""Keys that dbt 2 configures by itself, with what it then says; `static_analysis` is another."""

UNREADABLE = "what dbt 2 wrote of it cannot be read"

_TEXTS = ("raw_code", "macro_sql")
_PLACE = ("database", "schema", "alias")
_POLICY = ("database", "schema", "identifier")
_ASKED = ("config_keys_used", "config_keys_defaults", "meta_keys_used", "meta_keys_defaults")
"""What dbt 1 notes of a Python model: the keys of its configuration that it asks for."""

_DEFINITION = re.compile(r"\{%-?\s*(?:data_)?test\s")
_INLINE = re.compile(r"\}\}\{\{ config\(.*", re.DOTALL)
_VERSION = re.compile(r"\.v(\w+)$")


def translated(content: dict[str, Any], head: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A manifest of dbt 2 as dbt 1 writes one, and the nodes that it should tell of and does not, with why.

    `head`: the manifest that it will be compared with.
    """
    quoting = getattr(head.metadata, "quoting", None)
    policy = {key: getattr(quoting, key, None) for key in _POLICY}
    found: dict[str, Any] = {name: content.get(name) or {} for name in _MAPS}
    found["metadata"] = content["metadata"]
    missing: dict[str, str] = {}
    for group in GROUPS:
        known = getattr(head, group, {})
        found[group] = {}
        for uid, node in (content.get(group) or {}).items():
            name = _VERSION.sub(r"_v\1", uid) if group == "unit_tests" and uid not in known else uid
            if name not in known and _is_definition(uid, node):
                continue
            if not isinstance(node, dict) or not all(isinstance(node.get(key, ""), str) for key in _TEXTS):
                missing[name] = UNREADABLE
                continue
            found[group][name] = _node(node, known.get(name), policy)
            if name != uid and name in known:
                _of_version(found[group][name], known[name])
    return found, missing | _left_out(found, head)


def _of_version(node: dict[str, Any], own: Any) -> None:
    """A unit test of one version of a model: dbt 2 says which in its name alone, and lists all as read."""
    parents = own.depends_on.nodes
    if set(parents) <= set(_mapping(node, "depends_on").get("nodes") or ()):
        node["depends_on"] = {"nodes": list(parents), "macros": []}
        node["versions"] = own.versions and own.versions.to_dict(omit_none=False)


def _left_out(content: Mapping[str, Any], head: Any) -> dict[str, str]:
    """Nodes of `head` that dbt 2 read and wrote nothing of, with that in words."""
    groups = ("metrics", "semantic_models", "saved_queries")
    if any(content[group] for group in groups):
        return {}
    return {uid: "dbt 2 leaves out an older semantic layer" for group in groups for uid in getattr(head, group)}


def _is_definition(uid: str, node: Any) -> bool:
    """Whether a node only defines a generic test: dbt 2 takes those outside `tests/generic` for tests."""
    return uid.startswith("test.") and isinstance(node, dict) and bool(_DEFINITION.search(str(node.get("raw_code"))))


def _node(node: dict[str, Any], own: Any, policy: Mapping[str, Any]) -> dict[str, Any]:
    """One node. `own`: the same of head, None where it has none."""
    node = {**node, "columns": {name: _column(each) for name, each in _mapping(node, "columns").items()}}
    if "constraints" in node:
        node["constraints"] = _without_null(node["constraints"])
    if "config" in node:
        config = _without_null(_mapping(node, "config"))
        off = node.get("resource_type") == "analysis" or node.get("language") == "python"
        defaults = {**_DEFAULTS, "static_analysis": "off" if off else "baseline"}
        node["config"] = {key: value for key, value in config.items() if defaults.get(key) != value}
    if own is None:
        return node
    _same_order(node, own)
    _same_text(node, own)
    _same_columns(node, own)
    if "config" in node:
        _same_config(node, own, policy)
    if node.get("resource_type") == "unit_test":
        _same_rows(node, own)
    return node


def _column(column: Any) -> Any:
    """What is not set is left out: dbt 1 then takes its default, which is what dbt 2 means by null."""
    return _without_null(column) if isinstance(column, dict) else column


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def _mapping(node: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def _same_order(node: dict[str, Any], own: Any) -> None:
    """What a node reads is a set; each dbt lists it in an order of its own."""
    parents = getattr(getattr(own, "depends_on", None), "nodes", None)
    given = _mapping(node, "depends_on")
    if parents is not None and set(map(str, given.get("nodes") or ())) == set(parents):
        node["depends_on"] = {**given, "nodes": list(parents)}


def _same_text(node: dict[str, Any], own: Any) -> None:
    """Space around a text means nothing. A generic test's configuration is compared key by key, so not as text."""
    for name in _TEXTS:
        mine = getattr(own, name, None)
        if not isinstance(mine, str) or not isinstance(node.get(name), str):
            continue
        pair = [text.replace("\r\n", "\n").strip() for text in (node[name], mine)]
        if node.get("test_metadata") and getattr(own, "test_metadata", None):
            pair = [_INLINE.sub("}}", text) for text in pair]
        if pair[0] == pair[1]:
            node[name] = mine


def _same_columns(node: dict[str, Any], own: Any) -> None:
    """Dbt 2 hands a node's tags and `meta` down to its columns."""
    above = _mapping(node, "config")
    for name, column in node["columns"].items():
        mine = getattr(own, "columns", {}).get(name)
        if mine is None or not isinstance(column, dict):
            continue
        if set(column.get("tags") or ()) == {*mine.tags, *(above.get("tags") or ())}:
            column["tags"] = list(mine.tags)
        if (column.get("meta") or {}) == {**_mapping(above, "meta"), **mine.meta}:
            column["meta"] = dict(mine.meta)


def _same_config(node: dict[str, Any], own: Any, policy: Mapping[str, Any]) -> None:
    config, mine = node["config"], own.config
    quoting = getattr(mine, "quoting", None)
    if _resolved(config.get("quoting"), {}) == _resolved(quoting, policy):
        config.pop("quoting", None)
        config.update({"quoting": dict(quoting)} if quoting else {})
    for given, tags in ((config, getattr(mine, "tags", None)), (node, getattr(own, "tags", None))):
        if tags is not None and set(given.get("tags") or ()) == set(tags):
            given["tags"] = list(tags)
    severity = getattr(mine, "severity", None)
    if severity is not None and str(config.get("severity")).lower() == str(severity).lower():
        config["severity"] = str(severity)
    if getattr(own, "language", "sql") != "sql" and node.get("raw_code") == own.raw_code:
        config.update({key: extra for key in _ASKED if (extra := getattr(mine, "_extra", {}).get(key)) is not None})
    # Of a test dbt 2 leaves out where its relation is as it was written: what came of it tells as well.
    written = dict(_mapping(node, "unrendered_config"))
    for key in _PLACE:
        asked = getattr(own, "unrendered_config", {}).get(key)
        if asked is None or key in written:
            continue
        became = node.get("alias") == own.alias if key == "alias" else config.get(key) == getattr(mine, key, None)
        if became:
            written[key] = asked
    node["unrendered_config"] = written
    group = getattr(mine, "group", None)
    if group and "group" not in config and written.get("group") == group:
        config["group"] = group


def _resolved(quoting: Any, policy: Mapping[str, Any]) -> dict[str, bool]:
    """What is quoted in the end. dbt 2 writes that for each node, dbt 1 only what the node itself asks for."""
    given = {**policy, **{key: value for key, value in dict(quoting or {}).items() if value is not None}}
    return {key: bool(value) for key, value in given.items() if key in _POLICY or value}


def _same_rows(node: dict[str, Any], own: Any) -> None:
    """What a unit test gives and expects: the order of rows and columns, and how they are noted, mean nothing."""
    if _sorted(node.get("overrides") or {}) == _sorted(_set(own.overrides)):
        node["overrides"] = own.overrides and own.overrides.to_dict(omit_none=False)
    for name, mine in (("given", own.given), ("expect", own.expect)):
        known = [each.to_dict(omit_none=False) for each in (mine if isinstance(mine, list) else [mine])]
        given: Any = node.get(name)
        given = given if isinstance(given, list) else [given]
        if list(map(_fixture, given)) == list(map(_fixture, known)):
            node[name] = known if isinstance(mine, list) else known[0]


def _fixture(given: Any) -> str:
    if not isinstance(given, dict):
        return repr(given)
    rows = given.get("rows")
    if given.get("format") == "csv" and isinstance(rows, str):
        rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(io.StringIO(rows.strip()))]
    if isinstance(rows, str):
        rows = rows.strip()
    return _sorted({**given, "rows": sorted(map(_sorted, rows)) if isinstance(rows, list) else rows})


def _set(overrides: Any) -> dict[str, Any]:
    """What a unit test overrides, without what it leaves alone."""
    return {key: each for key, each in overrides.to_dict(omit_none=True).items() if each} if overrides else {}


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


SCHEMA = "v12"
"""The one schema of dbt 2 that is known; what a later one means by its fields is not."""

_ELSE = "compare with git instead (--base main)"


def read(content: object, source: str) -> Manifest:
    """The manifest that this dbt or an earlier one wrote.

    Raises:
        StateError: it is none.
    """
    try:
        return Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(content))
    except Exception as error:
        raise StateError(
            f"{source} is not a manifest that this dbt reads: {error}",
            f"write it with a dbt-core of this or an earlier version, or {_ELSE}",
        ) from error


def compared(content: Any, source: str, head: Any) -> tuple[Manifest, dict[str, str]]:
    """A manifest of any dbt, to be compared with `head`; and the nodes that it should tell of and does not, with why.

    Raises:
        StateError: it is none, or of a later dbt 2.
    """
    version = by_dbt2(content)
    if not version:
        return read(content, source), {}
    if _schema(content) != SCHEMA:
        raise StateError(
            f"dbt {version} wrote {source} in the schema {_schema(content)}: {SCHEMA} is known here", _ELSE
        )
    content, missing = translated(content, head)
    try:
        return read(content, source), missing
    except StateError:
        unread = _take_out(content)
        return read(content, source), missing | unread


def by_dbt2(content: Any) -> str:
    """The version of dbt 2 that wrote a manifest; empty where another dbt did."""
    metadata = content.get("metadata") if isinstance(content, dict) else None
    version = str(metadata.get("dbt_version", "")) if isinstance(metadata, dict) else ""
    return version if version.startswith("2.") else ""


def _schema(content: Mapping[str, Any]) -> str:
    return str(content["metadata"].get("dbt_schema_version")).rsplit("/", 1)[-1].removesuffix(".json")


def _take_out(content: dict[str, Any]) -> dict[str, str]:
    """Take out of a manifest what this dbt cannot read; which nodes these were, with why."""
    empty = {name: content[name] if name == "metadata" else {} for name in content}
    found: dict[str, str] = {}
    for group in GROUPS:
        for uid, node in content[group].items():
            try:
                Manifest.from_writable_manifest(WritableManifest.from_dict({**empty, group: {uid: node}}))
            except Exception as error:  # noqa: BLE001 - mashumaro raises a dozen types for what it cannot read
                found[uid] = f"{UNREADABLE} ({type(error).__name__})"
        content[group] = {uid: node for uid, node in content[group].items() if uid not in found}
    return found
