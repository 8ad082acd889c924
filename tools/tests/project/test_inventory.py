"""The table of inputs: it knows all that this dbt has, nothing else, and says what the comparison does."""

from __future__ import annotations

import copy
import dataclasses
import importlib.metadata
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dbt.artifacts.resources as resources
import dbt.jsonschemas
import pytest
from dbt.adapters.base.impl import DEFAULT_BASE_BEHAVIOR_FLAGS
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.postgres.connections import PostgresCredentials
from dbt.artifacts.resources.v1.components import ColumnInfo
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph import nodes
from dbt.contracts.project import Project, ProjectFlags
from packaging.version import Version

from dataops.plan.reasons import Comparison
from dataops.project import fingerprint, inventory
from dataops.project.dependencies import Dependencies
from dataops.project.inventory import COLUMN, CONFIG, CONNECTION, FLAG, MANIFEST, NODE, OTHER, PROJECT, SOURCE, Entry
from dataops.project.seeds import Content
from dataops.project.surroundings import Surroundings
from tests.shop import Shop

REPOSITORY = Path(__file__).resolve().parents[3]
NODES = (
    nodes.ModelNode,
    nodes.SeedNode,
    nodes.SnapshotNode,
    nodes.GenericTestNode,
    nodes.SingularTestNode,
    nodes.AnalysisNode,
    nodes.HookNode,
    nodes.SqlNode,
    *([nodes.FunctionNode] if hasattr(nodes, "FunctionNode") else []),  # dbt 1.11
)
OTHERS = {
    "exposure": nodes.Exposure,
    "metric": nodes.Metric,
    "semantic model": nodes.SemanticModel,
    "saved query": nodes.SavedQuery,
    "unit test": nodes.UnitTestDefinition,
    "macro": nodes.Macro,
    "doc block": nodes.Documentation,
    "group": nodes.Group,
}


def fields(*classes: Any) -> set[str]:
    return {each.name for one in classes for each in dataclasses.fields(one)}


INSTALLED = Version(importlib.metadata.version("dbt-core")).release


def keys(entries: Iterable[Entry]) -> set[str]:
    """Those that the installed dbt has, as the table says."""
    found = [each.key for each in entries]
    assert len(found) == len(set(found)), "each key has one row"
    return {each.key for each in entries if not each.since or Version(each.since).release <= INSTALLED}


# -- it knows all of them ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "known"),
    [
        (NODE, fields(*NODES)),
        (SOURCE, fields(nodes.SourceDefinition)),
        (COLUMN, fields(ColumnInfo)),
        (PROJECT, fields(Project)),
        (MANIFEST, fields(WritableManifest)),
        *((OTHER[kind], fields(each)) for kind, each in OTHERS.items()),
    ],
)
def test_every_field_of_dbt_has_its_row(entries: tuple[Entry, ...], known: set[str]) -> None:
    assert keys(entries) == known


def test_every_key_of_a_configuration_has_its_row() -> None:
    """Where dbt's schema names an adapter's key besides, that is `_extra`, and counts."""
    classes = [getattr(resources, name) for name in dir(resources) if name.endswith("Config")]
    named = fields(*classes)
    assert named - keys(CONFIG) == set()
    schema = json.loads((Path(dbt.jsonschemas.__path__[0]) / "resources" / "latest.json").read_text(encoding="utf-8"))
    shapes = [each for each in schema["definitions"].values() if isinstance(each, dict)]
    written = {key for each in shapes for key in each.get("properties", {})}
    assert keys(CONFIG) - named - written - {"_extra"} == set()
    assert "_extra" not in inventory.INERT_CONFIG | inventory.STORED_CONFIG


def test_every_flag_and_every_key_of_a_connection_has_its_row() -> None:
    behaviour = {str(each["name"]) for each in DEFAULT_BASE_BEHAVIOR_FLAGS}
    assert fields(ProjectFlags) | behaviour <= keys(FLAG)
    # The table says which dbt brought a flag; another name of one is an adapter's.
    later = {each.key for each in FLAG if each.since}
    assert later & keys(FLAG) == later & fields(ProjectFlags)
    assert fields(DuckDBCredentials, PostgresCredentials) <= keys(CONNECTION)


def test_the_page_is_the_table() -> None:
    assert (REPOSITORY / "docs" / "inputs.md").read_text(encoding="utf-8") == inventory.page()


def test_every_reason_is_explained() -> None:
    """A reason of the table is one that the page on plans has a row for."""
    told = (REPOSITORY / "docs" / "plan.md").read_text(encoding="utf-8")
    reasons = {each.reason for _, entries in inventory.sections() for each in entries if each.reason}
    assert {reason for reason in reasons if f"`{reason}`" not in told} == set()


# -- it says what the comparison does ---------------------------------------------------------------------------------

FILES = {
    "dbt_project.yml": "name: p\nversion: 1.0.0\nprofile: p\non-run-start: select 1\n",
    "profiles.yml": "p: {target: prod, outputs: {prod: {type: duckdb, path: p.duckdb}}}\n",
    "models/m.sql": "select 1 as id from {{ ref('s') }}\n",
    "models/py.py": "def model(dbt, session):\n    return dbt.ref('m')\n",
    "models/models.yml": (
        "models: [{name: m, description: d, config: {meta: {a: 1}, contract: {enforced: true}},"
        " columns: [{name: id, data_type: integer, data_tests: [unique]}]}]\n"
        "sources: [{name: r, tables: [{name: t, columns: [{name: id}]}]}]\n"
        "exposures: [{name: e, type: dashboard, owner: {name: o}, depends_on: [ref('m')]}]\n"
        "unit_tests: [{name: u, model: m, given: [{input: ref('s'), rows: []}], expect: {rows: [{id: 1}]}}]\n"
    ),
    "seeds/s.csv": "id\n1\n",
    "snapshots/n.yml": (
        "snapshots: [{name: n, relation: ref('m'), config: {unique_key: id, strategy: check, check_cols: all}}]\n"
    ),
    "tests/one.sql": "select * from {{ ref('m') }} where id < 0\n",
    "analyses/a.sql": "select 1\n",
}
if INSTALLED >= (1, 11):
    FILES |= {
        "functions/f.sql": "a / 2\n",
        "functions/f.yml": (
            "functions: [{name: f, arguments: [{name: a, data_type: int}], returns: {data_type: int}}]\n"
        ),
    }


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A parse with a node of every kind."""
    shop = Shop(root := tmp_path_factory.mktemp("inventory"), root)
    for name, text in FILES.items():
        shop.write(name, text)
    project = shop.project()
    with project.entered():
        return project.parse(shop.targets(project).production).manifest


def other(value: Any) -> Any:
    """Another value of the same shape."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) or value is None:
        return f"{value or ''}x"
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return {**value, "x": "x"}
    return None


GROUPS = (
    "nodes",
    "sources",
    "exposures",
    "unit_tests",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
)
SHAPES: Mapping[str, Any] = {
    "checksum": lambda it: dataclasses.replace(it, checksum="x"),
    "depends_on": lambda it: resources.DependsOn(nodes=[*getattr(it, "nodes", []), "model.p.x"]),
    "config": lambda it: dataclasses.replace(it, _extra={"x": "x"}),
    "unrendered_config": lambda it: {**it, "alias": "x"},
    "columns": lambda it: {**it, "x": ColumnInfo(name="x", meta={"a": 1})},
    "contract": lambda it: dataclasses.replace(it, enforced=not it.enforced),
    "quoting": lambda it: dataclasses.replace(it, database=True),
    "external": lambda _: resources.ExternalTable(location="x"),
    "freshness": lambda _: resources.FreshnessThreshold(filter="x"),
    "meta": lambda it: {**it, "external_location": "x"},
    "overrides": lambda _: {"macros": {"is_incremental": True}},
}
ELSEWHERE = {
    # Told by another field that differs with it: what is compared is the resolved value.
    "refs", "sources", "metrics", "functions", "doc_blocks", "latest_version", "contract", "constraints", "language",
    "root_path", "database", "schema", "alias", "relation_name", "unrendered_config", "checksum", "tags",
}  # fmt: skip
EMPTY = {("seed.p.s", "raw_code"), ("seed.p.s", "depends_on"), ("test.p.one", "description")}
"""What a seed has not, and what nobody shows of a test."""


def told(manifest: Any, unique_id: str, key: str) -> bool:
    """Whether a node with another value in one field is another to the comparison."""
    before, after = (_prints(manifest, unique_id, changed) for changed in ("", key))
    comparison = Comparison(before, after, Dependencies(manifest))
    return bool(comparison.reasons().get(unique_id))


def _prints(manifest: Any, unique_id: str, changed: str) -> fingerprint.Fingerprints:
    only = SimpleNamespace(macros={}, **{group: {} for group in GROUPS})
    for group in GROUPS:
        if unique_id in getattr(manifest, group, {}):
            node = copy.deepcopy(getattr(manifest, group)[unique_id])
            if changed:
                value = getattr(node, changed)
                setattr(node, changed, SHAPES[changed](value) if changed in SHAPES else other(value))
            setattr(only, group, {unique_id: node})
    content = Content("x") if changed in ("checksum", "root_path") else Content("y")
    return fingerprint.take(only, "prod", Surroundings("00", {}, {}, {}), lambda _: content)


def cases() -> Iterable[tuple[str, str, bool]]:
    of = {
        "model.p.m": NODE, "model.p.py": NODE, "seed.p.s": NODE, "snapshot.p.n": NODE, "test.p.one": NODE,
        "source.p.r.t": SOURCE, "exposure.p.e": OTHER["exposure"], "unit_test.p.m.u": OTHER["unit test"],
        **({"function.p.f": NODE} if INSTALLED >= (1, 11) else {}),
    }  # fmt: skip
    for unique_id, entries in of.items():
        for each in entries:
            if each.reason == "new" or (each.reason and each.key in ELSEWHERE):
                continue
            if (unique_id, each.key) not in EMPTY:
                yield unique_id, each.key, bool(each.reason)


def test_a_field_counts_as_its_row_says(manifest: Any) -> None:
    """Each field of each node set to another value: the comparison sees it where the table gives a reason."""
    wrong = []
    for unique_id, key, expected in cases():
        node = next(getattr(manifest, g)[unique_id] for g in GROUPS if unique_id in getattr(manifest, g, {}))
        if key in fields(type(node)) and told(manifest, unique_id, key) != expected:
            wrong.append((unique_id, key, f"the table says {expected}"))
    assert not wrong, wrong
