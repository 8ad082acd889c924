"""Files that sqlfluff reads its settings from. One that only names sqlfluff, as a dependency say, has none."""

from __future__ import annotations

import re
from pathlib import Path

NAMES = (".sqlfluff", "setup.cfg", "tox.ini", "pep8.ini", "pyproject.toml")
"""In the order in which a folder is looked through."""

_SECTION = {".toml": re.compile(r"^\s*\[\s*tool\s*\.\s*sqlfluff\b", re.MULTILINE)}
_INI_SECTION = re.compile(r"^\[sqlfluff\b", re.MULTILINE)


def lint_file(folder: Path) -> Path | None:
    """The first file of a folder that has settings of sqlfluff's."""
    return next((file for name in NAMES if _has_settings(file := folder / name)), None)


def _has_settings(file: Path) -> bool:
    if not file.is_file():
        return False
    section = _SECTION.get(file.suffix, _INI_SECTION)
    return file.name == ".sqlfluff" or bool(section.search(file.read_text(encoding="utf-8", errors="replace")))
