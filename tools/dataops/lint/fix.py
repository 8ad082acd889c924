"""Fixes that are proved to be harmless, rule by rule where not all of them are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlfluff.core.linter import Linter, RenderedFile
from sqlfluff.core.linter.linted_file import TMP_PRS_ERROR_TYPES

from dataops.lint.session import Session, rulepack
from dataops.project.jinja import layout
from dataops.sql.difference import Query
from dataops.sql.meaning import difference

_JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


@dataclass(frozen=True)
class Fixed:
    """A file's text with the fixes that are harmless, and the rules whose fixes are not proved to be."""

    text: str
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rewritten:
    """A text as sqlfluff would have it, and the rules that it would make fixes for."""

    text: str
    changed: bool
    rules: tuple[str, ...]


def rewritten(rendered: RenderedFile, rule: str | None = None) -> Rewritten | None:
    """What sqlfluff makes of a file, by all rules or by one. None for a text of which it cannot read all."""
    config = rendered.config
    if rule is not None:
        config = config.copy()
        config._configs["core"]["rule_allowlist"] = [rule]
    linted = Linter.lint_rendered(rendered._replace(config=config), rulepack(config), fix=True)
    if linted.tree is None or linted.num_violations(
        types=TMP_PRS_ERROR_TYPES, filter_ignore=False, filter_warning=False
    ):
        return None
    rules = dict.fromkeys(each.rule_code() for each in linted.get_violations(filter_warning=False) if each.fixable)
    return Rewritten(*linted.fix_string(), tuple(rules))


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
