"""A part of a project: what a change of some files can reach, cut out of a release's index and parsed by dbt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import yaml

from dataops.errors import DataopsError
from dataops.project.index import SINGLE, File, Index, Row, assembled
from dataops.project.indexing import relation
from dataops.project.invocation import Parsed
from dataops.project.profiles import Target
from dataops.project.session import Project

_WHOLE = ("metric", "semantic_model", "saved_query", "function")


class UnboundedError(Exception):
    """The whole project has to be parsed: what the change reaches cannot be told, or is most of it. Says why."""


@dataclass(frozen=True)
class Files:
    """Files that differ, relative to the project. `gone` are no longer there; `others` are changed or new."""

    others: Collection[str]
    gone: Collection[str] = ()


@dataclass(frozen=True)
class Part:
    """Nodes and files cut out of an index. `loose`: what dbt may parse again; the others are only read."""

    index: Index
    rows: Mapping[str, Row]
    loose: frozenset[str]
    whole: Mapping[str, Any]
    files: Mapping[str, File]
    differing: Files

    def parsed(self, project: Project, target: Target) -> Parsed:
        """The part as it is now.

        Raises:
            UnboundedError: it cannot be told that the whole project would be parsed to the same.
        """
        content = assembled(self.whole, self.rows.values(), self.files.values())
        try:
            head = project.parse_part(target, content, [*self.differing.others, *self.differing.gone])
        except DataopsError as error:
            # Whatever is wrong is told by the parse of the whole, in dbt's words.
            raise UnboundedError(error.message) from error
        self._check(head.manifest)
        return head

    def before(self) -> dict[str, Any]:
        """What the release has of it, as dbt keeps it."""
        groups: dict[str, Any] = {name: {} for name in SINGLE}
        for uid, row in self.rows.items():
            groups[row.part][uid] = row.said
        return {**self.whole, **groups}

    def anew(self, manifest: Any) -> dict[str, Any]:
        """The nodes that dbt has parsed again, or for the first time."""
        nodes = {uid: node for name in SINGLE for uid, node in getattr(manifest, name, {}).items()}
        return {uid: node for uid, node in nodes.items() if uid in self.loose or uid not in self.rows}

    def _check(self, manifest: Any) -> None:
        nodes = {uid: node for name in SINGLE for uid, node in getattr(manifest, name, {}).items()}
        made = {uid for uid, node in nodes.items() if uid not in self.rows or _since(node, self.rows[uid])}
        new = made - self.rows.keys()
        _refuse("dbt parses more again", made - new - self.loose)
        _refuse("a node of that name is elsewhere", self.index.rows(new))
        names = {_name(nodes[uid]) for uid in new} | {name for uid in made for name in _mentions(nodes[uid])}
        _refuse("other nodes bear a name that is mentioned", self.index.named(names) - self.rows.keys())
        own = {_name(nodes[uid]) for uid in new}
        _refuse("other nodes mention a new name", self.index.mentioning(own) - self.loose)
        moved = {place for uid in made if (place := _relation(nodes[uid])) not in (None, self._relation(uid))}
        _refuse("another node has its relation", self.index.at(filter(None, moved)) - self.loose)
        _refuse("what reads a node that is gone is not parsed again", self._bereft(nodes) - made)
        for kind in ("macros", "fixtures", "groups"):
            _refuse("there is more than nodes in a file", getattr(manifest, kind).keys() ^ self.whole[kind].keys())
        _refuse("it is looked at as one whole", {uid for uid in new if nodes[uid].resource_type in _WHOLE})
        titles = {each.rsplit(".", 1)[-1] for each in self.whole["docs"]}
        _refuse("a block of documentation has a name twice", _new_names(manifest.docs, self.whole["docs"]) & titles)

    def _bereft(self, nodes: Mapping[str, Any]) -> set[str]:
        """What reads a node that is not there any more, tests aside: dbt keeps those."""
        gone = self.loose - nodes.keys()
        below = {each for uid in gone for each in self.rows[uid].below}
        return {uid for uid in below & nodes.keys() if not uid.startswith("test.")}

    def _relation(self, uid: str) -> str | None:
        return self.rows[uid].relation if uid in self.rows else None


def _since(node: Any, row: Row) -> bool:
    """Whether dbt has made a node anew: it says when it made each."""
    return bool(node.created_at != row.said.get("created_at"))


def _name(node: Any) -> str:
    return str(node.name)


def _mentions(node: Any) -> Iterator[str]:
    """The names that a node refers to, and those of what dbt found for it."""
    # A seed has none, and refuses to be asked.
    said = vars(node)
    yield from (str(each.name) for each in said.get("refs") or ())
    for kind in ("sources", "metrics", "functions"):
        yield from (str(each[-1]) for each in said.get(kind) or ())
    above = getattr(getattr(node, "depends_on", None), "nodes", ())
    yield from (each.split(".")[3 if each.startswith("source.") else 2] for each in above)


def _relation(node: Any) -> str | None:
    return relation({name: getattr(node, name, None) for name in ("schema", "alias", "identifier")})


def _new_names(after: Mapping[str, Any], before: Mapping[str, Any]) -> set[str]:
    return {each.rsplit(".", 1)[-1] for each in after.keys() - before.keys()}


def _refuse(why: str, uids: Iterable[str]) -> None:
    found = sorted(uids)
    if found:
        raise UnboundedError(f"{why}: {', '.join(found[:3])}")


_KINDS = ("model", "analysis", "singular_test", "snapshot", "seed", "docs", "schema")
"""Kinds of files, in dbt's words, of which it is known what a change of them reaches."""

_ELEMENTS = ("models", "seeds", "snapshots", "analyses", "sources", "exposures", "unit_tests", "data_tests")
"""Lists of a YAML file of which one entry may be changed by itself."""

_WIDE = ("versions", "overrides", "relation", "semantic_model", "derived_semantics", "metrics", "time_spine")
"""Keys of an entry that reach what does not name it."""

_APART = ("metrics", "semantic_models", "saved_queries", "functions")
"""What dbt looks at as one whole, or parses again for reasons of its own."""

_QUOTED = re.compile(r"""(['"])([^'"\n]+)\1""")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def cut(index: Index, project: Project, differing: Files) -> Part:
    """What these files can reach.

    Raises:
        UnboundedError: that cannot be told, or it is most of the project.
    """
    return _Cutting(index, project.root, project.name, differing).done()


class _Cutting:
    def __init__(self, index: Index, root: Path, name: str, differing: Files) -> None:
        self._index = index
        self._root = root
        self._name = name
        self._differing = differing
        self._names: set[str] = set()
        self._files: set[str] = set()

    def done(self) -> Part:
        loose = self._below(self._roots())
        while more := self._attached(loose):
            loose |= more
        rows = self._index.rows(loose)
        self._names |= self._index.mentioned(loose)
        read = {each for row in rows.values() for each in row.above} | self._index.named(self._names)
        # A unit test is built on what its model reads, whether that is built or not.
        tested = [each for row in rows.values() if row.part == "unit_tests" for each in row.above]
        read |= {each for row in self._index.rows(tested).values() for each in row.above}
        read |= set(filter(None, self._index.text("operations").split("\n")))
        wanted = {**rows, **self._index.rows(self._above(read))}
        files = self._files | {each for row in rows.values() for each in (row.file, row.patch) if each}
        # dbt asks for the file of every source that there is.
        files |= {row.file for row in wanted.values() if row.part == "sources"}
        return Part(
            self._index, wanted, frozenset(rows), self._index.whole(), self._index.files(files), self._differing
        )

    def _roots(self) -> set[str]:
        """The nodes of the files that differ; every name that stands in these files counts as mentioned."""
        found: set[str] = set()
        paths = {f"{self._name}://{path}": path for path in (*self._differing.others, *self._differing.gone)}
        known = self._index.files(paths)
        for file_id, path in paths.items():
            file = known.get(file_id)
            if file is not None and file.kind not in _KINDS:
                raise UnboundedError(f"{path} is no model, seed, snapshot, test, documentation or YAML file")
            self._files.add(file_id)
            if path.endswith((".yml", ".yaml")):
                found |= self._entries(path, msgpack.unpackb(file.body, strict_map_key=False) if file else {})
                continue
            found |= set(file.nodes) if file is not None else set()
            if path.endswith((".sql", ".py")) and path not in self._differing.gone:
                self._names |= {each[1] for each in _QUOTED.findall(self._text(path))}
        return found

    def _text(self, path: str) -> str:
        try:
            return (self._root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnboundedError(f"{path} cannot be read") from error

    def _entries(self, path: str, saved: Mapping[str, Any]) -> set[str]:
        """The nodes that the entries of a YAML file describe which differ."""
        before = saved.get("dfy") or {}
        after: Any = {}
        if path not in self._differing.gone:
            try:
                after = yaml.load(self._text(path), Loader=_LOADER) or {}  # noqa: S506
            except yaml.YAMLError as error:
                raise UnboundedError(f"{path} is not valid YAML") from error
        if not isinstance(after, dict):
            raise UnboundedError(f"{path} is no mapping")
        found: set[str] = set()
        for key in {*before, *after} - {"version"}:
            if before.get(key) == after.get(key):
                continue
            if key not in _ELEMENTS:
                raise UnboundedError(f"{key} of {path} differ")
            old, new = (_by_name(each.get(key)) for each in (before, after))
            for name in old.keys() | new.keys():
                if old.get(name) != new.get(name):
                    found |= self._entry(key, name, [each[name] for each in (old, new) if name in each])
        return found

    def _entry(self, key: str, name: str, versions: list[Any]) -> set[str]:
        words = {word for each in versions for word in _strings(each)}
        keys = {word for each in versions for word in _keys(each)}
        if keys.intersection(_WIDE):
            raise UnboundedError(f"{name} has {', '.join(sorted(keys.intersection(_WIDE)))}")
        self._names |= words | {each[1] for word in words for each in _QUOTED.findall(word)} | {name}
        names = [name]
        if key == "sources":
            names = [str(each.get("name")) for table in versions for each in table.get("tables") or ()]
        part = key if key in ("sources", "exposures", "unit_tests") else "nodes"
        return {uid for uid, row in self._index.rows(self._index.named(names)).items() if row.part == part}

    def _below(self, roots: Iterable[str]) -> set[str]:
        """Some nodes, their other versions, and all that reads them."""
        found: set[str] = set()
        pending = set(roots)
        most = int(self._index.fact("nodes")) // 2
        while pending:
            rows = self._index.rows(pending)
            found |= rows.keys()
            if len(found) > max(most, 100):
                raise UnboundedError("it reaches most of the project")
            for uid, row in rows.items():
                if row.part in _APART:
                    raise UnboundedError(f"it reaches {uid}")
            several = self._index.named(row.name for row in rows.values() if row.version is not None)
            pending = {each for row in rows.values() for each in row.below} | several
            pending -= found
        return found

    def _attached(self, loose: set[str]) -> set[str]:
        """What else dbt parses again with a test: the node that it is written with, and that one's own tests."""
        tests = self._index.rows(uid for uid in loose if uid.startswith("test."))
        written = {each for row in tests.values() if (each := row.said.get("attached_node"))} - loose
        rows = self._index.rows(written)
        if any(row.version is not None for row in rows.values()):
            return self._below(rows)
        below = self._index.rows(each for row in rows.values() for each in row.below if each.startswith("test."))
        return rows.keys() | {uid for uid, row in below.items() if row.said.get("attached_node") in written}

    def _above(self, read: Iterable[str]) -> set[str]:
        """Some nodes, and above those that are no relations all that these read."""
        found: set[str] = set()
        pending = set(read)
        while pending:
            rows = self._index.rows(pending)
            found |= rows.keys()
            pending = {each for row in rows.values() if _passes_on(row) for each in row.above} - found
        return found


def _passes_on(row: Row) -> bool:
    config = row.said.get("config") or {}
    batches = config.get("incremental_strategy") == "microbatch"
    return row.part == "functions" or config.get("materialized") == "ephemeral" or batches


def _by_name(entries: Any) -> dict[str, Any]:
    """The entries of a list by their names.

    Raises:
        UnboundedError: there is one without a name, or two of one name.
    """
    found: dict[str, Any] = {}
    for each in entries if isinstance(entries, list) else [entries] if entries is not None else []:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or each["name"] in found:
            raise UnboundedError("an entry has no name, or one that another has")
        found[each["name"]] = each
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(each)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from map(str, value)
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _keys(each)
