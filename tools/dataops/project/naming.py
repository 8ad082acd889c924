"""Where relations are under another target than the one that a project was parsed under, without parsing it again.

dbt decides two things by target while it parses: how a node is configured, where configuration asks for the target, and
what its relation is called. Where anything that configures nodes asks for the target, nothing is said here. Names are
told by dbt's own macros for them, or the project's, run under the other target.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from dbt.clients.jinja import get_rendered
from dbt.context.configured import generate_schema_yml_context
from dbt.parser.base import RelationUpdate
from dbt_common.exceptions import DbtBaseException

from dataops.errors import DataopsError
from dataops.project import packages
from dataops.project.compiling import unconnected
from dataops.project.dependencies import Dependencies, Macros, is_dbt_own
from dataops.project.invocation import Parsed
from dataops.project.jinja import reads
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, places

SETTINGS = ("dbt_project.yml", "vars.yml")
"""Files that configure a project or a package as a whole."""

_TELLING = re.compile(r"\b(target|flags|builtins|context|invocation_args_dict|dbt_metadata_envs)\b")
"""What tells Jinja in YAML under which target it is rendered."""

_ASIDE = ("on-run-start", "on-run-end", "query-comment", "name", "target-path", "log-path", "clean-targets")
"""Keys of dbt_project.yml that configure no node that has a relation."""

_CALL = re.compile(r"\bconfig\s*\(")
_ALONE = re.compile(r"(?:\{\{[-+]?|\{%[-+]?\s*do)\s*$")
_END = re.compile(r"\s*[-+]?(?:\}\}|%\})")
_BLOCK = re.compile(r"\{%[-+]?\s*(\w+)")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*\s*(?:=(?!=))?")
_FIXED = frozenset(
    ("true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "in", "is", "var", "env_var")
)
"""Names that say the same under every target; any other may be what a macro made of it."""


def under(project: Project, parsed: Parsed, target: Target) -> dict[str, Place] | None:
    """The place of every relation of a parse as `target` has it; None where a second parse alone could tell.

    `project` has the dbt_project.yml and the packages of the parse.
    """
    manifest = parsed.manifest
    if manifest.external_node_unique_ids or not _independent(project.root, manifest):
        return None
    try:
        parsed_under = project.credentials(parsed.target)
        if project.credentials(target).type != parsed_under.type:
            return None
        with ExitStack() as stack:
            config = stack.enter_context(unconnected(project, replace(parsed, target=target)))
            config.load_dependencies()
            return _Named(config, manifest, parsed_under.database).places()
    except (DataopsError, DbtBaseException):
        # A macro that needs more than a name: the warehouse, say.
        return None


class _Named:
    """Names as dbt gives them while it parses under `config`'s target."""

    def __init__(self, config: Any, manifest: Any, parsed_database: str | None) -> None:
        """`parsed_database`: the database of the target that the manifest was parsed under."""
        self._manifest = manifest
        self._config = config
        self._parsed_database = parsed_database
        self._default = config.credentials
        self._own = bool(Dependencies(manifest).naming().macros)
        self._update = {each: RelationUpdate(config, manifest, each) for each in ("database", "schema", "alias")}
        self._known: dict[tuple[str, str | None], Any] = {}

    def places(self) -> dict[str, Place]:
        found = places(self._manifest)
        for unique_id, place in found.items():
            if place.kind == "source":
                found[unique_id] = replace(place, database=self._database(self._manifest.sources[unique_id]))
                continue
            node = self._named(self._manifest.nodes[unique_id])
            found[unique_id] = replace(place, database=node.database, schema=node.schema, identifier=node.alias)
        return found

    def _database(self, source: Any) -> str | None:
        """A source's database: the target's, where none is said, or what is said comes to nothing."""
        found: str | None = source.database
        if found == self._parsed_database:
            said = source.unrendered_database
            context = generate_schema_yml_context(self._config, source.package_name) if said else {}
            found = (get_rendered(said, context, native=True) if said else None) or self._default.database
        return found

    def _named(self, node: Any) -> Any:
        """A copy of a node with its names, in the order in which dbt finds them: the macros see the node."""
        named = copy.copy(node)
        named.database, named.schema, named.relation_name = self._default.database, self._default.schema, None
        for component in ("database", "schema"):
            self._set(named, component, getattr(node.config, component, None))
        if self._own:
            self._update["alias"](named, getattr(node.config, "alias", None))
        if str(node.resource_type) == "snapshot":
            named.database = node.config.target_database or named.database
            named.schema = node.config.target_schema or named.schema
        return named

    def _set(self, named: Any, component: str, override: str | None) -> None:
        """Dbt's own macros make of the same word the same name, whatever the node; of an alias, under each target."""
        if self._own:
            self._update[component](named, override)
            return
        key = (component, override)
        if key not in self._known:
            self._update[component](named, override)
            self._known[key] = getattr(named, component)
        setattr(named, component, self._known[key])


def _independent(root: Path, manifest: Any) -> bool:
    """Whether no node is configured by what differs between targets."""
    documents = [_read(folder / file) for folder in (root, *packages.installed(root).values()) for file in SETTINGS]
    documents = [{key: value for key, value in each.items() if key not in _ASIDE} for each in documents]
    documents += [file.dfy for file in manifest.files.values() if getattr(file, "dfy", None)]
    return not (
        (root / "catalogs.yml").exists()
        or any(asks(each, _TELLING) for each in documents)
        or not all(map(fixed, _texts(manifest)))
        or _configured_by_macros(manifest)
    )


def _configured_by_macros(manifest: Any) -> bool:
    """Whether anything that may have a relation reaches a macro which configures its caller, or stands for `config`."""
    macros = Macros(manifest.macros)
    own = {uid: macro.macro_sql for uid, macro in manifest.macros.items() if not is_dbt_own(uid)}
    if any(uid.endswith(".config") for uid in own):
        return True
    configuring = {uid for uid, text in own.items() if _CALL.search(text)}
    reached = (macros.reach(macros.named(reads(text).words)).macros for text in _texts(manifest) if configuring)
    return any(each & configuring for each in reached)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return document if isinstance(document, dict) else {}


def asks(document: Any, words: re.Pattern[str]) -> bool:
    """Whether some Jinja in a YAML document has one of some words."""
    text = repr(document)
    return ("{{" in text or "{%" in text) and any(
        ("{{" in each or "{%" in each) and words.search(each) for each in _strings(document)
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _texts(manifest: Any) -> Iterable[str]:
    """The text of everything that may have a relation, switched off here or not."""
    disabled = (each for several in manifest.disabled.values() for each in several)
    for node in (*manifest.nodes.values(), *disabled):
        if str(node.resource_type) in ("model", "snapshot", "seed") and getattr(node, "language", "") == "sql":
            yield node.raw_code


def fixed(text: str) -> bool:
    """Whether a text's own `config()` says the same under every target: it is in no condition, and has no names."""
    for call in _CALL.finditer(text):
        before = text[: call.start()]
        given = _given(text, call.end())
        if given is None or not _ALONE.search(before) or not {"set", "do"}.issuperset(_BLOCK.findall(before)):
            return False
        if any(not name.endswith("=") and name.strip() not in _FIXED for name in _NAME.findall(given)):
            return False
    return True


def _given(text: str, start: int) -> str | None:
    """What stands between the parentheses of a call, without its strings; None where it is not all of an expression."""
    rest = _STRING.sub("''", text[start:])
    depth = 1
    for at, letter in enumerate(rest):
        depth += (letter in "([{") - (letter in ")]}")
        if not depth:
            return rest[:at] if _END.match(rest, at + 1) else None
    return None
