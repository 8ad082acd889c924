"""One pass of sqlfluff over a compiled file: what it finds, or the text that it would write.

It imports no dbt: a process that does nothing else is ready in half a second.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from sqlfluff.core import FluffConfig, Linter, dialect_selector
from sqlfluff.core.dialects import Dialect
from sqlfluff.core.linter import RenderedFile
from sqlfluff.core.linter.linted_file import TMP_PRS_ERROR_TYPES
from sqlfluff.core.rules import RulePack

from dataops.lint.findings import Finding


@dataclass(frozen=True)
class Rewritten:
    """A text as sqlfluff would have it, and the rules that it would make fixes for."""

    text: str
    changed: bool
    rules: tuple[str, ...]


def light(rendered: RenderedFile) -> RenderedFile:
    """A file without its dialect, whose name is enough: the grammar is most of what another process would be sent."""
    config = rendered.config.copy()
    config._configs["core"]["dialect_obj"] = None
    return rendered._replace(config=config)


def found(rendered: RenderedFile, codes: Collection[str] | None = None) -> tuple[Finding, ...]:
    """What sqlfluff finds in a file: by all rules that its settings ask for, or by those of them that have these codes.

    A rule finds the same whichever others run, as nothing is fixed meanwhile: `noqa` knows all rules either way. What
    is no rule's, as a text that cannot be parsed, is always among it.
    """
    _complete(rendered)
    pack = _rules(rendered.config)
    if codes is not None:
        pack = RulePack([rule for rule in pack.rules if rule.code in codes], pack.reference_map)
    linted = Linter.lint_rendered(rendered, pack)
    return tuple(
        Finding(
            file=rendered.fname,
            line=violation.line_no,
            column=violation.line_pos,
            rule=violation.rule_code(),
            message=" ".join(violation.desc().split()),
            warning=bool(violation.warning),
        )
        for violation in linted.get_violations(filter_warning=False)
    )


def rewritten(rendered: RenderedFile, rule: str | None = None) -> Rewritten | None:
    """What sqlfluff makes of a file, by all rules or by one. None for a text of which it cannot read all."""
    _complete(rendered)
    config = rendered.config
    if rule is not None:
        config = config.copy()
        config._configs["core"]["rule_allowlist"] = [rule]
    linted = Linter.lint_rendered(rendered._replace(config=config), _rules(config), fix=True)
    if linted.tree is None or linted.num_violations(
        types=TMP_PRS_ERROR_TYPES, filter_ignore=False, filter_warning=False
    ):
        return None
    rules = dict.fromkeys(each.rule_code() for each in linted.get_violations(filter_warning=False) if each.fixable)
    return Rewritten(*linted.fix_string(), tuple(rules))


def _complete(rendered: RenderedFile) -> None:
    core = rendered.config._configs["core"]
    if core["dialect_obj"] is None:
        core["dialect_obj"] = _dialect(str(core["dialect"]))


@cache
def _dialect(name: str) -> Dialect:
    return dialect_selector(name)


def _rules(config: FluffConfig) -> RulePack:
    """The rules that a file's settings ask for."""
    return Linter(config=config).get_rulepack()
