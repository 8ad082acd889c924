"""A part of a project, cut out of a release's index, and parsed by dbt.

What dbt makes of it is what it makes of the whole, as long as it parses nothing again but what was cut out for that,
finds each name among all that bear it, and brings up no name that something else bears or mentions. Each of that is
looked at after the parse; whatever cannot be told is an `UnboundedError`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataops.errors import DataopsError
from dataops.project.index import SINGLE, File, Index, Row, assembled
from dataops.project.indexing import relation
from dataops.project.profiles import Target
from dataops.project.session import Parsed, Project

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
