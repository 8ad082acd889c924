"""What an edit can make differ, by dbt's own account: the rest is taken from the build before it.

Nothing of the tool takes part. What this leaves out is built all the same in every tenth trial, and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.mutate.edit import Edit

_ALL = re.compile(r"\bgraph\b|\bselected_resources\b|\binformation_schema\b|\bduckdb_\w+")
_PASSING = frozenset(
    ("created_at", "compiled", "compiled_code", "compiled_path", "extra_ctes", "extra_ctes_injected", "build_path")
)
"""What dbt notes of a node while it parses, compiles and builds."""


@dataclass(frozen=True)
class Known:
    """The project before any edit: every node as dbt holds it, and the words of the SQL that it was built with."""

    nodes: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, parsed: Any, built: Any) -> Known:
        """`parsed`: the manifest of a parse; `built`: one with the SQL that was run."""
        words = {
            uid: frozenset(re.findall(r"\w+", str(getattr(node, "compiled_code", None) or node.raw_code).lower()))
            for uid, node in _every(built)
            if hasattr(node, "raw_code")
        }
        return cls({uid: _essence(node) for uid, node in _every(parsed)}, words)


def reached(known: Known, manifest: Any, edit: Edit) -> set[str] | None:
    """The nodes that may hold something else after an edit; None where only a build of everything tells.

    That are those that dbt holds otherwise than before, what the edited file is the text of, what looks at the
    whole project, and all that reads one of them, by reference or by its name in the SQL.
    """
    if not _confined(edit) or any(str(node.resource_type) == "operation" for node in manifest.nodes.values()):
        return None
    nodes = dict(_every(manifest))
    files = {edit.file, edit.moved}
    found = {
        uid for uid, node in nodes.items()
        if node.original_file_path in files or known.nodes.get(uid) != _essence(node) or _sees_all(manifest, node)
    }  # fmt: skip
    pending = [*found, *(known.nodes.keys() - nodes.keys())]
    names: dict[str, set[str]] = {}
    for uid, node in (*known.nodes.items(), *((uid, _essence(nodes[uid])) for uid in found)):
        names.setdefault(uid, set()).add(str(node.get("alias") or node.get("identifier") or node["name"]).lower())
    readers: dict[str, set[str]] = {}
    for uid, node in nodes.items():
        for above in getattr(getattr(node, "depends_on", None), "nodes", ()):
            readers.setdefault(above, set()).add(uid)
    while pending:
        each = pending.pop()
        by_name = {uid for uid, words in known.words.items() if not names[each].isdisjoint(words)}
        below = by_name | readers.get(each, set())
        new = (below & nodes.keys()) - found
        found |= new
        pending += new
    return found


def _confined(edit: Edit) -> bool:
    """Whether it is an edit of files that describe single nodes, and of nothing that all of them see."""
    kinds = (".csv", ".yml", ".yaml", ".md")
    ended = edit.file.endswith(kinds) or (edit.file.endswith(".sql") and "{% macro" not in f"{edit.before}{edit.after}")
    root = edit.file.split("/", 1)[0]
    apart = "/" not in edit.file or root in ("macros", "dbt_packages", "functions")
    return ended and not apart and not edit.environment and not edit.vars


def _every(manifest: Any) -> Iterator[tuple[str, Any]]:
    kinds = ("model", "seed", "snapshot", "source", "function")
    for group in ("nodes", "sources", "functions"):
        for uid, node in getattr(manifest, group, {}).items():
            if str(node.resource_type) in kinds:
                yield uid, node


def _essence(node: Any) -> Mapping[str, Any]:
    told: dict[str, Any] = node.to_dict(omit_none=False)
    return {name: value for name, value in told.items() if name not in _PASSING}


def _sees_all(manifest: Any, node: Any) -> bool:
    texts, seen = [str(getattr(node, "raw_code", ""))], set[str]()
    pending = list(getattr(getattr(node, "depends_on", None), "macros", ()))
    while pending:
        name = pending.pop()
        macro = manifest.macros.get(name)
        # dbt's own macros look at the graph only when they write its documentation.
        if name in seen or macro is None or macro.package_name in ("dbt", "dbt_duckdb"):
            continue
        seen.add(name)
        texts.append(macro.macro_sql)
        pending += macro.depends_on.macros
    return any(_ALL.search(text) for text in texts)
