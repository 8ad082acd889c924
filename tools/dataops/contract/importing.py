"""Contracts in the Open Data Contract Standard as entries of models in dbt's YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError

from dataops.contract.exporting import PERSONAL, PROPERTY
from dataops.contract.terms import NOT_NULL, PRIMARY_KEY, UNIQUE
from dataops.errors import SettingsError
from dataops.project import owners
from dataops.sheets.files import File, changed, sheet_of
from dataops.sheets.merge import combined, merged


@dataclass
class Imported:
    """Entries by the YAML file that they belong to. `notes`: what a document says and dbt's YAML has no place for."""

    entries: dict[Path, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def files(self, root: Path) -> list[File]:
        """The files that differ once all is merged. Nothing is written.

        Raises:
            CannotAddError: a file cannot take an entry without a change to what it says already.
            ProjectError: a file cannot be read.
        """
        made = (
            changed(root, path, partial(merged, wanted=wanted, file=str(path)))
            for path, wanted in sorted(self.entries.items())
        )
        return [each for each in made if each.before != each.after]


def read(path: Path) -> OpenDataContractStandard:
    """A document.

    Raises:
        SettingsError: the file is none.
    """
    hint = "name files of the Open Data Contract Standard, 3.0 or 3.1"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("kind") != "DataContract":
            raise SettingsError(f"{path} is no data contract: it has no `kind: DataContract`", hint)
        return OpenDataContractStandard(**content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise SettingsError(f"{path} cannot be read: {said}", hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        raise SettingsError(f"{path}: `{where}`: {first['msg']}", hint) from error


def imported(manifest: Any, package: str, documents: Sequence[tuple[Path, OpenDataContractStandard]]) -> Imported:
    """What documents say of the models of a project.

    Raises:
        SettingsError: the project has no such model.
    """
    found = Imported()
    for path, document in documents:
        for schema in document.schema_ or ():
            where, entry = _Import(manifest, package, path, document, schema, found.notes).entry()
            found.entries[where] = combined(found.entries.get(where, {}), {"models": [entry]})
    return found


class _Import:
    """One schema of a document, and the model that it is of, if dbt has it by now."""

    def __init__(
        self,
        manifest: Any,
        package: str,
        path: Path,
        document: OpenDataContractStandard,
        schema: SchemaObject,
        notes: list[str],
    ) -> None:
        self.manifest, self.package, self.path, self.document = manifest, package, path, document
        self.schema, self.notes = schema, notes
        self.rest = _kept(schema)
        self.model = str(self.rest.get("model") or schema.name)
        self.version = self.rest.get("version")

    def entry(self) -> tuple[Path, dict[str, Any]]:
        """The YAML file, and the model's entry in it."""
        node, sheet = self._node()
        said = self._model(node)
        top = dict(self.rest.get("entry", {})) if self.rest else {"config": {"contract": {"enforced": True}}}
        if self.version is None:
            return sheet, {"name": self.model, **_with_tags(top, self._tags(node, top)), **said}
        version = _with_tags(dict(self.version), self._tags(node, {**top, **self.version}))
        return sheet, {"name": self.model, **top, "versions": [{**version, **said}]}

    def _model(self, node: Any) -> dict[str, Any]:
        columns = getattr(node, "columns", {}) if node is not None else {}
        there = {name.lower(): each for name, each in columns.items()}
        said: dict[str, Any] = {}
        purpose = self.document.description.purpose if self.document.description else None
        description = self.schema.description or purpose
        if description and description != getattr(node, "description", ""):
            said["description"] = _text(description)
        owner = self.document.team.name if self.document.team and not isinstance(self.document.team, list) else None
        if owner and not self.rest and owner != ", ".join(owners.owners(self.manifest, node)):
            said["config"] = {"contract": {"enforced": True}, "meta": {"owner": owner}}
        tests = list(self._tests(self.schema.quality or (), self.schema.name or ""))
        if tests:
            said["data_tests"] = tests
        properties = [self._column(each, there.get(str(each.name).lower())) for each in self.schema.properties or ()]
        return {**said, **({"columns": properties} if properties else {})}

    def _column(self, given: SchemaProperty, there: Any) -> dict[str, Any]:
        rest = _kept(given)
        where = f"{self.model}.{given.name}"
        column: dict[str, Any] = {"name": given.name}
        if given.physicalType and given.physicalType != getattr(there, "data_type", None):
            column["data_type"] = given.physicalType
        elif not given.physicalType and given.logicalType:
            self.notes.append(f"{self.path}: {where} has no `physicalType`, so its type is not imported")
        if given.description and given.description != getattr(there, "description", ""):
            column["description"] = _text(given.description)
        tests = list(self._tests(given.quality or (), where))
        tags = set(given.tags or ()) | ({"pii"} if given.classification == PERSONAL and not given.tags else set())
        known = set(getattr(there, "tags", ()))
        column |= _with_tags(rest, _tags_of(rest, tags, known))
        if missing := list(_promised(given, tests, rest, self._of_model(given))):
            column["constraints"] = [*(rest.get("constraints") or ()), *missing]
        return {**column, **({"data_tests": tests} if tests else {})}

    def _of_model(self, given: SchemaProperty) -> set[str]:
        """The constraints of a column that are written at its model, with those that go without saying."""
        said: set[str] = set()
        for place in (self.rest.get("entry") or {}, self.version or {}):
            for each in place.get("constraints") or ():
                columns = [str(name).lower() for name in each.get("columns") or ()]
                if str(given.name).lower() in columns:
                    kind = str(each.get("type"))
                    said |= {NOT_NULL} if kind == PRIMARY_KEY and len(columns) > 1 else {kind}
        return said

    def _tests(self, quality: Sequence[DataQuality], where: str) -> Iterator[Any]:
        for each in quality:
            test = _test(each)
            if test is None:
                what = each.name or each.metric or each.query or each.engine or each.type
                self.notes.append(f"{self.path}: {where}: {what} is no test that dbt has, and is not imported")
            else:
                yield test

    def _tags(self, node: Any, entry: Mapping[str, Any]) -> tuple[set[str], set[str]]:
        return _tags_of(entry, set(self.document.tags or ()), set(getattr(node, "tags", ())))

    def _node(self) -> tuple[Any, Path]:
        """The model, and the YAML file that describes it, or would."""
        models = [
            each
            for uid, each in self.manifest.nodes.items()
            if uid.startswith("model.") and each.package_name == self.package
        ]
        version = self.version or {}
        number = str(version.get("v", ""))
        for each in models:
            if each.name == self.model and str("" if each.version is None else each.version) == number:
                return each, sheet_of(each)
        if number:
            # A version that no YAML speaks of is a model of its own for dbt.
            names = {str(version.get("defined_in") or f"{self.model}_v{number}"), self.model}
            for each in models:
                if each.name in names:
                    known = sheet_of(each) if each.name == self.model else Path(each.original_file_path).parent
                    return None, known if known.suffix else known / f"{self.model}.yml"
        raise SettingsError(
            f"{self.path}: the project has no model {self.model}", "write its SQL first, or leave the file out"
        )


def _kept(of: SchemaObject | SchemaProperty) -> dict[str, Any]:
    """What an export has kept beside the standard's fields."""
    found = next((each.value for each in of.customProperties or () if each.property == PROPERTY), None)
    return dict(found) if isinstance(found, Mapping) else {}


def _text(given: str) -> str:
    """A description that dbt does not take for Jinja."""
    return "{% raw %}" + given + "{% endraw %}" if "{{" in given or "{%" in given else given


def _tags_of(entry: Mapping[str, Any], wanted: set[str], known: set[str]) -> tuple[set[str], set[str]]:
    """The tags that an entry says and the document does not, and those that nothing says yet."""
    own = {*_listed(entry.get("tags")), *_listed((entry.get("config") or {}).get("tags"))}
    return own - wanted, wanted - own - known


def _listed(tags: Any) -> list[str]:
    return [tags] if isinstance(tags, str) else list(map(str, tags or ()))


def _with_tags(entry: dict[str, Any], change: tuple[set[str], set[str]]) -> dict[str, Any]:
    """An entry without some tags, and with others."""
    gone, new = change
    made = {**entry, **({"config": dict(entry["config"])} if isinstance(entry.get("config"), Mapping) else {})}
    for place in (made, made.get("config") or {}):
        if gone & set(_listed(place.get("tags"))):
            place["tags"] = [each for each in _listed(place["tags"]) if each not in gone]
    if new:
        config = made.setdefault("config", {})
        config["tags"] = [*_listed(config.get("tags")), *sorted(new)]
    return made


def _promised(
    given: SchemaProperty, tests: Sequence[Any], rest: Mapping[str, Any], above: set[str]
) -> Iterator[dict[str, Any]]:
    """Constraints of what the standard's fields promise, and neither a test nor a constraint says."""
    said = above | {str(each.get("type")) for each in rest.get("constraints") or ()}
    said |= {each if isinstance(each, str) else next(iter(each), "") for each in tests}
    if given.primaryKey and PRIMARY_KEY not in said:
        yield {"type": PRIMARY_KEY}
        return
    if given.required and not {NOT_NULL, PRIMARY_KEY} & said:
        yield {"type": NOT_NULL}
    if given.unique and not {UNIQUE, PRIMARY_KEY} & said:
        yield {"type": UNIQUE}


def _test(quality: DataQuality) -> Any:
    """A rule as dbt's test; None where dbt has none of its own."""
    if quality.engine == "dbt":
        return quality.implementation
    none = quality.mustBe == 0 and quality.mustBe is not False
    metric = quality.metric or quality.rule
    if metric in ("nullValues", "missingValues") and none and not quality.arguments:
        return NOT_NULL
    if metric == "duplicateValues" and none and not quality.arguments:
        return UNIQUE
    values = (quality.arguments or {}).get("validValues")
    if metric == "invalidValues" and none and values:
        return {"accepted_values": {"arguments": {"values": values}}}
    return None
