"""What sqlfluff found in a text before, by all that its findings depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlfluff.core.linter import RenderedFile

from dataops.config import WORK
from dataops.errors import StateError
from dataops.lint.findings import Finding
from dataops.store.location import Location
from dataops.store.memory import keep, recall

PLACE = WORK / "lint.json"
SHARED = "lint/findings.json"
MOST = 5_000
"""Texts that are kept: those that were asked for last."""

_PARSER = "sqlfluffrs"

_NO_SETTINGS = frozenset({"templater_obj", "dialect_obj", "nocolor", "color", "verbose", "processes"})
"""What sqlfluff keeps among its settings and changes no finding."""

Known = dict[str, Any]


class Cache:
    """Findings by digest, kept in the checkout, and at the state's location for other checkouts.

    What is damaged there counts as empty, and what cannot be written is lost: that costs time, and no finding.
    """

    def __init__(self, root: Path, state: str) -> None:
        self._file = root / PLACE
        self._state = state if "://" in state or _elsewhere(root, state) else None
        self._known = _mapping(recall(self._file))
        self._others: Known | None = None
        plugins = {f"{each.dist.name} {each.dist.version}" for each in entry_points(group="sqlfluff") if each.dist}
        self._versions = [version("sqlfluff"), *_other_parser(), *sorted(plugins)]
        self._changed = False

    def key(self, rendered: RenderedFile) -> str:
        """A digest of what the findings depend on: both texts, what came from where, settings and versions."""
        variants = [
            (each.templated_str, [(part.slice_type, *_ends(part)) for part in each.sliced_file])
            for each in rendered.templated_variants
        ]
        settings = {section: _settings(values) for section, values in rendered.config._configs.items()}
        parts = (self._versions, rendered.fname, rendered.source_str, variants, settings)
        text = json.dumps(parts, default=str, sort_keys=True)
        return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=20).hexdigest()

    def recall(self, key: str) -> tuple[Finding, ...] | None:
        """What all rules found; None where nobody has looked."""
        found = self._recall(key)
        try:
            return None if found is None else tuple(Finding(**each) for each in found)
        except TypeError:
            return None

    def recall_by(self, key: str) -> dict[str, tuple[Finding, ...]]:
        """What single rules found, by code, where it is not known what all of them find."""
        found = self._recall(_apart(key))
        try:
            return {rule: tuple(Finding(**each) for each in findings) for rule, findings in (found or {}).items()}
        except (TypeError, AttributeError):
            return {}

    def keep(self, key: str, findings: Sequence[Finding]) -> None:
        """Remember what all rules found."""
        self._keep(key, [asdict(each) for each in findings])

    def keep_by(self, key: str, found: Mapping[str, Sequence[Finding]]) -> None:
        """Remember what single rules found, by code: all that is known of these, and never taken for what all found."""
        self._keep(_apart(key), {rule: [asdict(each) for each in findings] for rule, findings in found.items()})

    def _recall(self, key: str) -> Any:
        found = self._known.pop(key, None)
        if found is None:
            found = self._shared().get(key)
            self._changed |= found is not None
        if found is not None:
            self._known[key] = found  # the newest again
        return found

    def _keep(self, key: str, found: Any) -> None:
        self._known[key] = found
        self._changed = True

    def close(self) -> None:
        """Write what is new, if anything is."""
        if not self._changed:
            return
        keep(self._file, _newest(self._known))
        if self._state and self._known.keys() - self._shared().keys():
            # Of two who write at once one is lost, and finds again what it had found.
            merged = {**self._shared(), **self._known}
            try:
                Location(self._state).write(SHARED, _newest(merged).encode())
            except StateError:
                return

    def _shared(self) -> Known:
        if self._others is None:
            try:
                content = Location(self._state).read(SHARED) if self._state else None
                self._others = _mapping(json.loads(content or b"{}"))
            except (StateError, ValueError, RecursionError):
                self._others = {}
        return self._others


def _apart(key: str) -> str:
    return f"{key} by rule"


def _elsewhere(root: Path, state: str) -> bool:
    """Whether a folder is there for others, too, and not only in this checkout."""
    folder = (root / state).resolve()
    return folder.is_dir() and not folder.is_relative_to(root.resolve())


def _other_parser() -> list[str]:
    """The parser in Rust, which takes the place of sqlfluff's own as soon as it is installed."""
    if find_spec(_PARSER) is None:
        return []
    try:
        return [f"{_PARSER} {version(_PARSER)}"]
    except PackageNotFoundError:
        return [_PARSER]


def _ends(part: Any) -> tuple[int, int, int, int]:
    source, templated = part.source_slice, part.templated_slice
    return source.start, source.stop, templated.start, templated.stop


def _settings(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    return {name: _settings(each) for name, each in values.items() if name not in _NO_SETTINGS}


def _mapping(found: Any) -> Known:
    return found if isinstance(found, dict) else {}


def _newest(known: Known) -> str:
    return json.dumps(dict([*known.items()][-MOST:]))
