"""Vega-Lite: its library for the browser, and pictures without one (the only place that imports vl_convert)."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import vl_convert

from dataops.output.site.specs import Spec

_ALONE = re.compile(r"var\((--[\w-]+)\)")


def library_name() -> str:
    """The name of the library's file: another version is another file."""
    return f"vega-{version('vl-convert-python')}.js"


def library() -> str:
    """Vega, Vega-Lite and vega-embed as one script, which takes two seconds to put together."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def svg(spec: Spec) -> str:
    """A drawing to put into a page, whose colours it takes."""
    return vl_convert.vegalite_to_svg(spec)


def png(spec: Spec, scale: float = 2.0) -> bytes:
    """A picture to send, in the page's light colours."""
    alone = _ALONE.sub(lambda found: tokens()[found[1]], json.dumps({**spec, "background": "#fff"}))
    return vl_convert.vegalite_to_png(alone, scale=scale)


@cache
def tokens() -> dict[str, str]:
    """The colours of light pages, by the name of their token."""
    # Each sheet names its light colours before it says what is different in the dark.
    light = [sheet.split("@media", 1)[0] for sheet in _sheets()]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+)", "".join(light)))


def style() -> str:
    """The site's style sheet: that of reviews, and what only the site has."""
    return "".join(_sheets())


def _sheets() -> tuple[str, str]:
    folder = files("dataops.output") / "templates"
    own = (folder / "site" / "site.css").read_text(encoding="utf-8")
    return (folder / "page.css").read_text(encoding="utf-8"), own
