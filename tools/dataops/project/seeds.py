"""The content of seeds, of any size: dbt itself tells large ones apart by path only."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


class Contents:
    """Digests of files, remembered in `memory` by path, size and time of change."""

    def __init__(self, root: Path, memory: Path) -> None:
        """Read what is remembered."""
        self._root = root
        self._memory = memory
        try:
            self._known: dict[str, list[Any]] = json.loads(memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}
        self._new = False

    def __call__(self, node: Any) -> str:
        """The digest of a seed's file; empty when there is no such file (a base of which only the manifest is left)."""
        path = Path(node.root_path or self._root) / node.original_file_path
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
            known = self._known.get(str(path))
            if known is not None and known[:3] == stamp:
                return str(known[3])
            found = _digest(path)
        except OSError:
            return ""
        self._known[str(path)] = [*stamp, found]
        self._new = True
        return found

    def remember(self) -> None:
        """Keep the digests for the next time."""
        if self._new:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            self._memory.write_text(json.dumps(self._known), encoding="utf-8")


def _digest(path: Path) -> str:
    found = hashlib.blake2b(digest_size=12)
    held = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            chunk = held + chunk
            # Half a line ending at the edge of a chunk waits for its other half.
            held = b"\r" if chunk.endswith(b"\r") else b""
            found.update((chunk[:-1] if held else chunk).replace(b"\r\n", b"\n"))
    found.update(held)
    return found.hexdigest()
