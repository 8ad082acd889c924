"""dbt's documentation site as one file, from a manifest and a catalog at hand: nothing is compiled or asked."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from dataops.errors import ProjectError
from dataops.project.versions import SUPPORTED

_EMPTY = b'{"metadata":{},"nodes":{},"sources":{},"errors":null}'
_TRACKING = re.compile(rb'("send_anonymous_usage_stats"\s*:\s*)(?:true|null)')
_PLACES = (b'"MANIFEST.JSON INLINE DATA"', b'"CATALOG.JSON INLINE DATA"')


def page(manifest: bytes, catalog: bytes | None) -> bytes:
    """The page that `dbt docs generate --static` makes, of the installed dbt.

    It asks nobody: dbt's page reports its readers unless the manifest says no, so it says no here.

    Raises:
        ProjectError: the installed dbt has no such page.
    """
    template = _template()
    if any(template.count(place) != 1 for place in _PLACES):
        raise ProjectError("the documentation page of this dbt takes no data", f"install {SUPPORTED}")
    # A browser loads `{{ … }}` as an address before the page's script has put the real one in its place.
    template = template.replace(b'<use xlink:href="{{', b'<use ng-attr-xlink:href="{{')
    head, rest = template.split(_PLACES[0])
    middle, tail = rest.split(_PLACES[1])
    quiet = _TRACKING.sub(rb"\1false", manifest, count=1)
    return b"".join((head, _inline(quiet), middle, _inline(catalog or _EMPTY), tail))


def _inline(document: bytes) -> bytes:
    """JSON inside a script. `<` is only ever part of a text there, and could end the script."""
    return document.replace(b"<", rb"\u003c")


def _template() -> bytes:
    """The page that dbt ships, found without importing dbt, which takes seconds."""
    found = importlib.util.find_spec("dbt")
    for folder in (found.submodule_search_locations or ()) if found else ():
        file = Path(folder) / "task" / "docs" / "index.html"
        if file.is_file():
            return file.read_bytes()
    raise ProjectError("the installed dbt has no documentation page", f"install {SUPPORTED}")
