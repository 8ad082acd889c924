"""Contracts of models in the Open Data Contract Standard, 3.1: one document a model, of a version one each.

What the standard has a field for is in that field. What else dbt's YAML says of a model is kept beside it, as it is
written there, under the custom property `dbt`: an import of the document gives back all of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    Description,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    ServiceLevelAgreementProperty,
    Team,
)

from dataops.contract.terms import NOT_NULL, UNIQUE, Terms, terms
from dataops.errors import SettingsError
from dataops.project import owners
from dataops.project.reading import get, text
from dataops.sql.dialects import dialect
from dataops.sql.privacy import TAGS
from dataops.sql.types import logical

STANDARD = "v3.1.0"
PROPERTY = "dbt"
"""The custom property that keeps what the standard has no field for."""
PERSONAL = "personal"
"""The classification of a column that is tagged as personal."""
TESTS = ("data_tests", "tests")
_DIMENSIONS = {
    "not_null": "completeness",
    "unique": "uniqueness",
    "relationships": "consistency",
    "accepted_values": "conformity",
}


def chosen(manifest: Any, package: str, names: Sequence[str]) -> list[str]:
    """The models of some names, with all of their versions; without a name all whose contract is enforced.

    Raises:
        SettingsError: there is no such model.
    """
    every = terms(manifest, package)
    for name in names:
        if not any(name in (uid, each.name, each.model) for uid, each in every.items()):
            raise SettingsError(f"the project has no model {name}", "name a model of the project, as dbt does")
    return sorted(
        uid
        for uid, each in every.items()
        if (each.enforced if not names else {uid, each.name, each.model} & set(names))
    )


def document(manifest: Any, unique_id: str, today: datetime.date) -> OpenDataContractStandard:
    """The contract of one model."""
    return _Export(manifest, unique_id).document(today)


class _Export:
    """One model: dbt's node, and its entry in YAML as it is written."""

    def __init__(self, manifest: Any, unique_id: str) -> None:
        self.manifest = manifest
        self.node = manifest.nodes[unique_id]
        self.terms: Terms = terms(manifest, self.node.package_name)[unique_id]
        self.dialect = dialect(str(manifest.metadata.adapter_type))
        self.entry = plain(entry_of(manifest, self.node))
        versions = self.entry.get("versions") or ()
        self.version: dict[str, Any] = next((each for each in versions if str(each.get("v")) == self.terms.version), {})

    def document(self, today: datetime.date) -> OpenDataContractStandard:
        node, ends = self.node, self.terms.deprecated
        named = owners.owners(self.manifest, node)
        return OpenDataContractStandard(
            kind="DataContract",
            apiVersion=STANDARD,
            id=f"{node.package_name}.{self.terms.name}",
            name=self.terms.name,
            version=self.terms.version or "1",
            status="deprecated" if ends is not None and ends <= today else "active",
            description=Description(purpose=node.description or None),
            tags=sorted(map(str, node.tags)) or None,
            team=Team(name=", ".join(named)) if named else None,
            schema=[self._schema()],
            slaProperties=[ServiceLevelAgreementProperty(property="endOfLife", value=str(ends))] if ends else None,
        )

    def _schema(self) -> SchemaObject:
        node = self.node
        return SchemaObject(
            name=node.name,
            physicalName=node.identifier,
            physicalType="view" if str(node.config.materialized) == "view" else "table",
            description=node.description or None,
            properties=[self._property(name) for name in node.columns] or None,
            quality=list(_quality(_tests(self.version, self.entry))) or None,
            customProperties=[CustomProperty(property=PROPERTY, value=self._rest())],
        )

    def _rest(self) -> dict[str, Any]:
        """What no field has: of a version, what is said of all versions, too."""
        left = ("name", "description", "columns", *TESTS)
        if not self.terms.version:
            return {"model": self.node.name, "entry": _without(self.entry, left)}
        return {
            "model": self.node.name,
            "entry": _without(self.entry, ("name", "columns", "versions", *TESTS)),
            "version": _without(self.version, ("description", "columns", *TESTS)),
        }

    def _property(self, name: str) -> SchemaProperty:
        column, lower = self.node.columns[name], name.lower()
        listed = [*(self.version.get("columns") or ()), *(self.entry.get("columns") or ())]
        written: dict[str, Any] = next((each for each in listed if str(each.get("name", "")).lower() == lower), {})
        tests = [_called(each) for each in _tests(written)]
        single = frozenset({lower})
        kept = {each.kind for each in self.terms.constraints if each.columns == single}
        key = any(text(get(each, "type")) == "primary_key" for each in column.constraints or ())
        tags = sorted({*map(str, column.tags)})
        rest = _without(written, ("name", "description", "data_type", *TESTS))
        return SchemaProperty(
            name=column.name,
            physicalType=column.data_type,
            logicalType=logical(column.data_type or "", self.dialect) or None,
            description=column.description or None,
            required=True if NOT_NULL in kept or "not_null" in tests else None,
            unique=True if UNIQUE in kept or "unique" in tests else None,
            primaryKey=True if key else None,
            primaryKeyPosition=1 if key else None,
            tags=tags or None,
            classification=PERSONAL if TAGS & set(tags) else None,
            quality=list(_quality(_tests(written))) or None,
            customProperties=[CustomProperty(property=PROPERTY, value=rest)] if rest else None,
        )


def entry_of(manifest: Any, node: Any) -> Mapping[str, Any]:
    """A model's entry in YAML, as it is written; empty where there is none."""
    file = manifest.files.get(node.patch_path) if node.patch_path else None
    listed = (getattr(file, "dict_from_yaml", None) or {}).get("models") or ()
    return next((each for each in listed if each.get("name") == node.name), {})


def plain(value: Any) -> Any:
    """A copy without what JSON has no type for."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, datetime.date) else value


def _without(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key not in names}


def _tests(*entries: Mapping[str, Any]) -> list[Any]:
    """The tests that the first entry says which says any."""
    return next((each[key] or [] for each in entries for key in TESTS if key in each), [])


def _called(test: Any) -> str:
    """The name of a test as it is written."""
    name = test if isinstance(test, str) else str(test.get("test_name") or next(iter(test), ""))
    return name.rsplit(".", 1)[-1]


def _quality(tests: list[Any]) -> Iterator[DataQuality]:
    for each in tests:
        name = _called(each)
        inner = each.get(name, each) if isinstance(each, Mapping) else {}
        said = inner if isinstance(inner, Mapping) else {}
        severity = (said.get("config") or {}).get("severity") or said.get("severity")
        yield DataQuality(
            name=name,
            type="custom",
            engine="dbt",
            mustBeBetween=None,
            mustNotBeBetween=None,
            implementation=each,
            dimension=_DIMENSIONS.get(name),
            description=said.get("description"),
            severity={"warn": "warning"}.get(str(severity).lower(), str(severity).lower()) if severity else None,
        )
