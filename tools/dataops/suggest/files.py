"""The project's YAML files with proposals in them: all are judged before the first is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dataops.sheets.files import File, changed, sheet_of
from dataops.suggest.edit import added_to
from dataops.suggest.proposal import Proposal
from dataops.suggest.render import Addition, addition


@dataclass(frozen=True)
class Merged:
    """Files that take the proposals, and why those of some nodes are left to be written by hand."""

    files: tuple[File, ...] = ()
    by_hand: Mapping[str, str] = field(default_factory=dict)


def merged(root: Path, project: str, manifest: Any, proposals: Sequence[Proposal]) -> Merged:
    """What every file would become. Nothing is written.

    Raises:
        CannotAddError: a file cannot take its proposals without a change to what it says already.
        ProjectError: a file cannot be read.
    """
    by_node: dict[str, list[Proposal]] = {}
    for each in proposals:
        by_node.setdefault(each.unique_id, []).append(each)
    added: dict[Path, list[Addition]] = {}
    by_hand: dict[str, str] = {}
    for unique_id, its in by_node.items():
        node = manifest.sources.get(unique_id) or manifest.nodes[unique_id]
        if node.package_name != project:
            by_hand[unique_id] = f"it is of the package {node.package_name}"
        elif getattr(node, "version", None) is not None:
            by_hand[unique_id] = "a model with versions has columns in several places"
        else:
            added.setdefault(sheet_of(node), []).append(addition(node, its))
    return Merged(
        tuple(
            changed(root, path, partial(added_to, additions=its, file=str(path))) for path, its in sorted(added.items())
        ),
        by_hand,
    )
