"""dbt's schemas are remembered as dbt makes them, and made anew where anything that makes them differs."""

import json
from pathlib import Path

import pytest
from dbt.artifacts.resources import ModelConfig
from dbt.contracts.graph.nodes import ModelNode
from dbt_common import dataclass_schema

from dataops.project.schemas import remembered


def test_schemas_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tmp_path / "schemas.json"
    make = dataclass_schema.build_json_schema
    asked = []
    monkeypatch.setattr(dataclass_schema, "build_json_schema", lambda of: asked.append(of) or make(of))
    for classes in ([ModelConfig, ModelNode], [ModelConfig, ModelNode]):
        with remembered(memory, ["duckdb"]):
            told = [dataclass_schema.build_json_schema(each).to_dict() for each in classes]
        assert told == [make(each).to_dict() for each in classes]
    assert asked == [ModelConfig, ModelNode]
    told[0].clear()
    with remembered(memory, ["duckdb"]):
        assert dataclass_schema.build_json_schema(ModelConfig).to_dict() == make(ModelConfig).to_dict()
    with remembered(memory, ["postgres"]):
        dataclass_schema.build_json_schema(ModelConfig)
    assert asked == [ModelConfig, ModelNode, ModelConfig]
    memory.write_text(json.dumps([1]))
    with remembered(memory, ["duckdb"]):
        dataclass_schema.build_json_schema(ModelConfig)
    assert len(asked) == 4
