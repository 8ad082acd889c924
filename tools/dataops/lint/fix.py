"""Fixes that are proved to be harmless, rule by rule where not all of them are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlfluff.core.linter import RenderedFile

from dataops.lint.passes import Rewritten, rewritten
from dataops.lint.session import Session
from dataops.project.jinja import layout
from dataops.sql.difference import Query
from dataops.sql.meaning import difference

_JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


@dataclass(frozen=True)
class Fixed:
    """A file's text with the fixes that are harmless, and the rules whose fixes are not proved to be."""

    text: str
    refused: tuple[str, ...] = ()


def fixed(
    session: Session, rendered: RenderedFile, made: Rewritten | None, dialect: str, names: dict[str, str]
) -> Fixed | None:
    """Fix a file, all at once; if that is not proved harmless, rule by rule. None where there is nothing to fix.

    `made`: what sqlfluff makes of it by all rules. `names`: relations as they are compiled, by unique id.
    """
    if made is None or not made.changed:
        return None
    if _harmless(session, rendered, made.text, dialect, names):
        return Fixed(made.text)
    kept, refused = rendered, []
    for rule in made.rules:
        alone = rewritten(kept, rule)
        if alone is None or not alone.changed:
            continue
        if _harmless(session, kept, alone.text, dialect, names):
            kept = session.another(rendered, alone.text)
        else:
            refused.append(rule)
    return Fixed(kept.source_str, tuple(refused))


def _harmless(session: Session, before: RenderedFile, text: str, dialect: str, names: dict[str, str]) -> bool:
    """Whether dbt makes the same of both texts: the same Jinja in the same order, and SQL that means the same."""
    if (shape := layout(before.source_str)) is not None and shape == layout(text):
        return True
    if _jinja(before.source_str) != _jinja(text):
        return False
    after = session.another(before, text)
    if len(before.templated_variants) != len(after.templated_variants) or not after.templated_variants:
        return False
    return all(
        difference(Query(one.templated_str, names, {}), Query(other.templated_str, names, {}), dialect, {}).cosmetic
        for one, other in zip(before.templated_variants, after.templated_variants, strict=True)
    )


def _jinja(text: str) -> list[str]:
    return ["".join(each.split()) for each in _JINJA.findall(text)]


def relations(manifest: Any) -> dict[str, str]:
    """The name of each relation as dbt writes it, and whose it is."""
    every = {**manifest.nodes, **manifest.sources}
    return {each.relation_name: uid for uid, each in every.items() if getattr(each, "relation_name", None)}
