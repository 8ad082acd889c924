"""The inputs of every node of a parse, each as a digest: what decides whether a node, or its data, can have changed.

A release stores them, so that the next plan compares two small files and needs neither the manifest nor a compilation
of the other side. Values of variables and of the environment are keyed digests: they cannot be guessed from the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, NamedTuple

from dataops.errors import StateError
from dataops.project.configuration import COLUMN_KEYS, Config, configuration
from dataops.project.dependencies import Macros, digest
from dataops.project.jinja import layout
from dataops.project.seeds import Content
from dataops.project.surroundings import Surroundings

FORMAT = 2
_FIELDS_OF_1 = (
    "file", "text", "layout", "config", "place", "relation",
    "parents", "contract", "columns", "words", "defined", "written",
)  # fmt: skip
"""What releases of format 1 know of a node; its values were told apart by their position alone."""

_BUILT = ("model", "seed", "snapshot")
_KINDS = ("sources", "exposures", "unit_tests", "metrics", "semantic_models", "saved_queries", "functions")
_DEFINED = {
    "exposure": ("type", "url", "owner", "maturity", "label", "depends_on"),
    "unit_test": ("model", "given", "expect", "overrides", "versions"),
    "metric": ("type", "type_params", "filter", "time_granularity", "group", "label"),
    "semantic_model": ("model", "entities", "measures", "dimensions", "defaults", "primary_entity"),
    "saved_query": ("query_params", "exports"),
    "function": ("arguments", "returns", "overloads"),
}
_SHOWN = (
    "path", "patch_path", "fqn", "latest_version", "deprecation_date", "constraints", "primary_key", "time_spine",
)  # fmt: skip
_LOCATES = ("external_location", "plugin", "formatter")
"""Keys of a source's `meta` or configuration from which dbt-duckdb takes what it reads; the others are their values."""


LATEST = "+latest"


class Inputs(NamedTuple):
    """One node's inputs. Digests, but for `file`, `config` (an index), `relation`, `place` and `parents`.

    `text`: its SQL, Python, or a seed's content. `layout`: its SQL without comments and layout, where that is known; of
    a seed its rows in any order.
    `place`: database, schema and alias as they are configured. `relation`: what that resolves to under this target.
    `contract`: columns, types and constraints that are enforced. `columns`: what else is said of columns.
    `words`: descriptions. `defined`: what a source, an exposure or a unit test says. `written`: the same, unrendered;
    of a seed its columns, one by one. `asked`: what decides the data besides: of a source, from where its adapter reads
    it; of a Python model, the values of the configuration that it asks for; of a versioned one, whether it is LATEST.
    `shown`: what only Jinja that reads its own
    node can see.
    """

    file: str
    text: str
    layout: str
    config: int
    place: str
    relation: str
    parents: tuple[str, ...]
    contract: str
    columns: str
    words: str
    defined: str
    written: str
    asked: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Fingerprints:
    """All nodes of a parse. `macros`: digests of those that are not dbt's own. `text` gives a node's SQL, if known.

    `unknown`: packages of which this is not their own version, by name, with that in words. `unrecorded`: why some
    inputs are not known at all. `missing`: nodes of which the base should tell and does not, with why.
    """

    target: str
    surroundings: Surroundings
    macros: Mapping[str, str]
    configs: list[Config]
    nodes: Mapping[str, Inputs]
    text: Callable[[str], str | None] = field(default=lambda _: None)
    unknown: Mapping[str, str] = field(default_factory=dict)
    unrecorded: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    def config(self, unique_id: str) -> Config:
        """A node's configuration."""
        return self.configs[self.nodes[unique_id].config]

    def layout(self, unique_id: str) -> str:
        """A node's SQL without comments and layout, as a digest; empty where that is unknown."""
        stored = self.nodes[unique_id].layout
        text = None if stored else self.text(unique_id)
        return stored or (_layout(text) if text is not None else "")


def take(
    manifest: Any, target: str, surroundings: Surroundings, content: Callable[[Any], Content], with_layout: bool = False
) -> Fingerprints:
    """The fingerprints of a parse. `content` gives the digests of a seed's file."""
    configs: list[Config] = []
    known: dict[str, int] = {}
    nodes: dict[str, Inputs] = {}

    def index(node: Any) -> int:
        more = _own_keys(node) if node.resource_type in _BUILT else ""
        unrendered = getattr(node, "unrendered_config", {})
        key = f"{node.config.__dict__!r}{unrendered!r}{more}" if hasattr(node, "config") else ""
        if key not in known:
            known[key] = len(configs)
            found = configuration(node.config, unrendered) if key else {}
            configs.append({**found, COLUMN_KEYS: f"#{digest(more)}"} if more else found)
        return known[key]

    for unique_id, node in manifest.nodes.items():
        if not node.config.enabled:
            # A test of what is not there: some of dbt's parses keep it, and none runs it.
            continue
        kind = unique_id.split(".", 1)[0]
        held = content(node) if kind == "seed" else Content()
        text = held.whole if kind == "seed" else digest(node.raw_code)
        shape = held.rows
        if with_layout and kind != "seed" and node.language == "sql":
            shape = _layout(node.raw_code)
        nodes[unique_id] = Inputs(
            node.original_file_path,
            text,
            shape,
            index(node),
            _place(node),
            node.relation_name or "",
            tuple(sorted(set(node.depends_on_nodes))),
            _contract(node) if kind in ("model", "snapshot", "seed") else "",
            _columns(node) if node.columns else "",
            _words(node) if kind != "test" else "",
            str(node.checksum.checksum) if kind == "seed" and node.checksum.name != "path" else "",
            held.columns,
            _asked(node) if kind == "model" else "",
            digest(repr([str(getattr(node, name, None)) for name in _SHOWN])),
        )
    for group in _KINDS:
        for unique_id, node in getattr(manifest, group, {}).items():
            nodes[unique_id] = _other(node, index)

    return Fingerprints(target, surroundings, Macros(manifest.macros).digests, configs, nodes, texts(manifest))


def texts(manifest: Any) -> Callable[[str], str | None]:
    """Gives a node's SQL, if it is written in SQL."""

    def text_of(unique_id: str) -> str | None:
        node = manifest.nodes.get(unique_id)
        return node.raw_code if node is not None and getattr(node, "language", "") == "sql" else None

    return text_of


def _other(node: Any, index: Callable[[Any], int]) -> Inputs:
    kind = str(node.resource_type)
    parents = getattr(getattr(node, "depends_on", None), "nodes", ())
    written = ""
    if kind == "source":
        quoting, external = node.quoting, node.external
        given = (node.unrendered_database, node.unrendered_schema, node.identifier, repr(quoting), repr(external))
        written = digest(repr(given))
        # What nobody wrote comes from the target.
        rendered = (node.database if given[0] else None, node.schema if given[1] else None)
        defined = digest(repr((rendered, *given[2:])))
        freshness = digest(repr((node.freshness, node.loaded_at_field, getattr(node, "loaded_at_query", None))))
    else:
        defined = digest(repr([(name, _readable(getattr(node, name, None))) for name in _DEFINED.get(kind, ())]))
        freshness = ""
    return Inputs(
        node.original_file_path,
        digest(node.raw_code) if kind == "function" else "",
        "",
        index(node),
        freshness,
        getattr(node, "relation_name", "") or "",
        tuple(sorted(set(parents))),
        "",
        _columns(node) if getattr(node, "columns", None) else "",
        digest(str(getattr(node, "description", ""))),
        defined,
        written,
        _located(node) if kind == "source" else "",
    )


def _located(source: Any) -> str:
    """What an adapter reads instead of the relation of that name, or to find it."""
    said = {**source.meta, **getattr(source.config, "_extra", {})}
    if not any(key in said for key in _LOCATES):
        return ""
    return digest(json.dumps([said, source.tags, source.name], sort_keys=True, default=str))


def _asked(model: Any) -> str:
    """What decides a model's relations and is in no other field: see `Inputs`."""
    return (_values(model) if model.language != "sql" else "") + (LATEST if _pointed(model) else "")


def _pointed(model: Any) -> bool:
    """Whether dbt may make a view beside this version of a model, for being the latest one: a flag may ask for it."""
    pointer = getattr(model.config, "latest_version_pointer", None)
    return pointer is not None and pointer.enabled is not False and bool(model.is_latest_version)


def _values(model: Any) -> str:
    """The values of what a Python model asks of its configuration, inert keys too."""
    known = {**vars(model.config), **getattr(model.config, "_extra", {})}
    meta = known.get("meta") or {}
    keys = sorted({*(known.get("config_keys_used") or ()), *(known.get("meta_keys_used") or ())})
    return digest(json.dumps([[key, known.get(key), meta.get(key)] for key in keys], default=str)) if keys else ""


def _readable(value: Any) -> Any:
    """Without what differs between two parses of the same text."""
    if is_dataclass(value):
        skipped = ["file_slice", "created_at", "metadata"]
        if type(value).__name__ in ("FunctionArgument", "FunctionReturns", "FunctionOverload"):
            skipped += ["description", "compiled_body"]
        if hasattr(value, "unrendered_config"):
            # As it was written; what it resolves to names the target's schema.
            skipped.append("config")
        return {key: _readable(each) for key, each in sorted(vars(value).items()) if key not in skipped}
    if isinstance(value, list | tuple):
        return [_readable(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _readable(each) for key, each in value.items()}
    return str(value)


def _place(node: Any) -> str:
    given = node.unrendered_config
    names = ("database", "schema", "alias", "target_database", "target_schema")
    return "|".join(f"{name}={given[name]}" for name in names if given.get(name) is not None)


def _contract(node: Any) -> str:
    contract = getattr(node.config, "contract", None)
    if contract is None or not contract.enforced:
        return ""
    columns = [
        (name.lower(), column.data_type, repr(column.constraints), column.quote)
        for name, column in node.columns.items()
    ]
    return digest(repr((columns, repr(getattr(node, "constraints", None)), contract.alias_types)))


def _columns(node: Any) -> str:
    said = repr([(c.name, c.data_type, c.quote, c.meta, c.tags, str(c.constraints)) for c in node.columns.values()])
    return digest(said + _own_keys(node))


def _own_keys(node: Any) -> str:
    """What columns say that is not dbt's: an adapter may write it to the relation, as a tag or a policy."""
    found = {
        name: [column._extra, column.config._extra]
        for name, column in node.columns.items()
        if column._extra or column.config._extra
    }
    return json.dumps(found, sort_keys=True, default=str) if found else ""


def _words(node: Any) -> str:
    said = "\0".join(column.description for column in node.columns.values())
    return digest(f"{node.description}\0{said}") if node.description or said.strip("\0") else ""


def _layout(text: str) -> str:
    found = layout(text.replace("\r\n", "\n"))
    return digest(found) if found is not None else ""


def pack(prints: Fingerprints) -> bytes:
    """Fingerprints as stored in a release."""
    return json.dumps(
        {
            "format": FORMAT,
            "target": prints.target,
            "surroundings": prints.surroundings.stored(),
            "macros": prints.macros,
            "configs": prints.configs,
            "fields": Inputs._fields,
            "nodes": prints.nodes,
        },
        separators=(",", ":"),
    ).encode()


def unpack(content: bytes, source: str) -> Fingerprints:
    """Fingerprints from a release.

    Raises:
        StateError: they are not what this version reads.
    """
    try:
        stored = json.loads(content)
        if stored["format"] not in (1, FORMAT):
            raise ValueError(f"format {stored['format']}")
        earlier = stored["format"] == 1
        fields = _FIELDS_OF_1 if earlier else stored["fields"]
        nodes = {uid: _inputs(dict(zip(fields, each, strict=True))) for uid, each in stored["nodes"].items()}
        surroundings = Surroundings.restored(stored["surroundings"])
        return Fingerprints(
            stored["target"],
            surroundings,
            stored["macros"],
            stored["configs"],
            nodes,
            unrecorded="an earlier version of dataops recorded fewer of them" if earlier else "",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            f"the fingerprints in {source} cannot be read: {error}", "run `dataops deploy` again"
        ) from error


def _inputs(stored: dict[str, Any]) -> Inputs:
    return Inputs(**{**stored, "parents": tuple(stored["parents"])})
