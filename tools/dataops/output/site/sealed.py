"""Pages of others that the site shows: they run the scripts that they came with, and none that a description brings.

A frame without an origin of its own keeps such a page from ours; the policy holds also where it is opened by itself.
"""

from __future__ import annotations

import base64
import hashlib
import re

SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"
"""What a framed page may do. Without `allow-same-origin` it is a stranger to the page around it."""

_SCRIPT = re.compile(rb"<script\b[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)
_BEGINNING = re.compile(
    rb"\s*(<!doctype[^>]*>)?\s*(<html\b[^>]*>)?\s*(<head\b[^>]*>)?\s*(<meta charset=[^>]*>)?", re.IGNORECASE
)

# Who has no origin has no storage either, and a page that asks for it would end there: it gets one that ends with it.
_STORAGE = b"""
for (const name of ["localStorage", "sessionStorage"]) {
  try { void window[name]; } catch {
    const kept = new Map();
    Object.defineProperty(window, name, { value: {
      getItem: (key) => kept.has(String(key)) ? kept.get(String(key)) : null,
      setItem: (key, value) => { kept.set(String(key), String(value)); },
      removeItem: (key) => { kept.delete(String(key)); },
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() { return kept.size; },
    } });
  }
}
try { void document.cookie; } catch { Object.defineProperty(document, "cookie", { get: () => "", set: () => {} }); }
"""


def sealed(page: bytes) -> bytes:
    """The page with a policy that names its own scripts by their digests, and storage where a frame has none."""
    scripts = [_STORAGE, *(found[1] for found in _SCRIPT.finditer(page))]
    digests = " ".join(f"'sha256-{_digest(each)}'" for each in dict.fromkeys(scripts))
    # dbt's page compiles its templates while it runs.
    policy = (
        f"script-src 'unsafe-eval' {digests}; worker-src blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
    )
    ours = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'.encode()
    ours += b"<script>" + _STORAGE + b"</script>"
    beginning = _BEGINNING.match(page)
    place = beginning.end() if beginning else 0
    return page[:place] + ours + page[place:]


def _digest(script: bytes) -> str:
    """As a browser has it: of the text, whose lines end in a line feed."""
    text = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return base64.b64encode(hashlib.sha256(text).digest()).decode()
