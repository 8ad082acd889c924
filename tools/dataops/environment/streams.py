"""What is printed reaches whoever reads it in any encoding, and no reader ends a run by how or whether it reads."""

from __future__ import annotations

import codecs
import os
import sys

from rich.console import Console

_PLAIN = {
    "→": "->", "←": "<-", "−": "-", "–": "-", "—": "-", "…": "...", "·": "|", "•": "*", "“": '"', "”": '"', "’": "'",
    "±": "+-", "×": "x", "≥": ">=", "≤": "<=", "✓": "ok", "█": "#", "─": "-", "━": "-", "│": "|",
}  # fmt: skip
_HANDLER = "dataops"


class Output(Console):
    """Where a command prints. Whoever closes the pipe (`| head`) hears no more; the command does what it was to do."""

    def on_broken_pipe(self) -> None:
        """Go on in silence, and let the interpreter flush what is left into nothing."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare() -> None:
    """Let standard output and error write what their encodings lack in signs that all have."""
    codecs.register_error(_HANDLER, _plainly)
    for stream in (sys.stdout, sys.stderr):
        change = getattr(stream, "reconfigure", None)
        if change is not None:
            change(errors=_HANDLER)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Signs of ours as others that look like them, all else and all of JSON as JSON escapes it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    is_json = error.object.lstrip()[:1] in ("{", "[")
    return "".join(each if each.isascii() else _sign(each, is_json) for each in lacking), error.end


def _sign(character: str, is_json: bool) -> str:
    if not is_json and character in _PLAIN:
        return _PLAIN[character]
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))
