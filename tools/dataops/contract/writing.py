"""Entries of models, merged into the YAML files that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dataops.sheets.files import File, changed, sheet_of
from dataops.sheets.merge import merged


@dataclass(frozen=True)
class Inferred:
    """A model's contract. `entry` is what is to be merged into its entry in YAML; empty where all is there.

    `rows`: those that were looked at. `notes`: what was seen and is not written, one sentence each.
    """

    unique_id: str
    entry: Mapping[str, Any]
    rows: int = 0
    notes: tuple[str, ...] = ()


def sheets(root: Path, manifest: Any, entries: Mapping[str, Mapping[str, Any]]) -> list[File]:
    """The files that differ once the entries of some models, by unique id, are merged into them. Nothing is written.

    Raises:
        CannotAddError: a file cannot take an entry without a change to what it says already.
        ProjectError: a file cannot be read.
    """
    by_file: dict[Path, list[dict[str, Any]]] = {}
    for unique_id, entry in sorted(entries.items()):
        node = manifest.nodes[unique_id]
        by_file.setdefault(sheet_of(node), []).append({"name": node.name, **entry})
    files = [
        changed(root, path, partial(merged, wanted={"models": listed}, file=str(path)))
        for path, listed in sorted(by_file.items())
    ]
    return [each for each in files if each.before != each.after]
