"""What the conventions say, and which there are: on a terminal, in Markdown, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from dataops.check.findings import VERSION, Checked, Finding
from dataops.check.presets import Enforced, shown
from dataops.check.rule import PRESETS
from dataops.output.words import plural

_ROWS = 30
_STYLES = {"error": "red", "warn": "yellow"}


def place(finding: Finding) -> str:
    """`models/marts/fct_orders.sql:3`, as editors open it."""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def by_rule(findings: Iterable[Finding]) -> list[tuple[Finding, list[Finding]]]:
    """The findings of each rule, with the first of them."""
    groups: dict[str, list[Finding]] = {}
    for each in findings:
        groups.setdefault(each.rule, []).append(each)
    return [(found[0], found) for found in groups.values()]


def summary(checked: Checked) -> str:
    """What was checked and what was found, in one line."""
    if not checked.rules:
        return "Checked nothing: nothing of the project changed"
    words = f"Checked {plural(checked.nodes, 'node')} by {plural(checked.rules, 'rule')} of {checked.preset}: "
    new = checked.findings
    if not checked.against:
        words += plural(len(new), "finding") if new else "no findings"
    elif checked.unread:
        words += f"{plural(len(new), 'finding')}, all taken for new, as {checked.against} cannot be read"
    else:
        words += plural(len(new), "new finding") if new else "no new findings"
        words += f", {checked.known:,} that {checked.against} has too" if checked.known else ""
    return words + (f", {plural(len(checked.excepted), 'exception')}" if checked.excepted else "")


def checked(console: Console, checked: Checked) -> None:
    """The findings by rule, each with its reason and how to mend it; the totals last."""
    for first, found in by_rule(checked.findings):
        style = _STYLES[first.severity]
        console.print(
            f"[{style}]{first.severity}[/] [bold]{escape(first.rule)}[/]: {escape(first.why)}",
            highlight=False,
            soft_wrap=True,
        )
        for each in found[:_ROWS]:
            console.print(f"    {escape(place(each))}  {escape(each.message)}", highlight=False, soft_wrap=True)
        if len(found) > _ROWS:
            console.print(f"    [dim]… and {len(found) - _ROWS:,} more (--format json has all)[/]", highlight=False)
        console.print(f"    [dim]→ {escape(first.mend)}[/]", highlight=False, soft_wrap=True)
    console.print(escape(summary(checked)), highlight=False)


def document(checked: Checked) -> dict[str, Any]:
    """As in `schemas/check.json`."""
    return {
        "version": VERSION,
        "preset": checked.preset,
        "rules": checked.rules,
        "nodes": checked.nodes,
        "against": checked.against,
        "unread": checked.unread,
        "findings": [asdict(each) for each in checked.findings],
        "known": checked.known,
        "excepted": [asdict(each) for each in checked.excepted],
    }


def rules(console: Console, every: Iterable[Enforced]) -> None:
    """Every rule: how much it matters here, its reason, how to mend it, its parameters."""
    for each in every:
        style = _STYLES.get(each.severity, "dim")
        presets = ", ".join(f"{name} {each.rule.presets[name]}" for name in PRESETS)
        console.print(
            f"[{style}]{each.severity:<5}[/] [bold]{escape(each.rule.name)}[/] [dim]({presets})[/]",
            highlight=False,
            soft_wrap=True,
        )
        console.print(f"      {escape(each.rule.why)}", highlight=False, soft_wrap=True)
        console.print(f"      [dim]→ {escape(each.rule.mend)}[/]", highlight=False, soft_wrap=True)
        for name, value in each.parameters.items():
            console.print(f"      {name}: {escape(shown(value))}", highlight=False, soft_wrap=True)


def table(every: Iterable[Enforced]) -> str:
    """The same as a table in Markdown, with what presets say and not what this project does."""
    lines = ["| rule | light | standard | strict | why | parameters |", "| --- | --- | --- | --- | --- | --- |"]
    for each in every:
        presets = " | ".join(each.rule.presets[name] for name in PRESETS)
        own = "; ".join(f"`{name}`: {_short(value)}" for name, value in each.rule.parameters.items())
        lines.append(f"| `{each.rule.name}` | {presets} | {each.rule.why} To mend it: {each.rule.mend}. | {own} |")
    return "\n".join(lines) + "\n"


def _short(value: Any) -> str:
    text = shown(value if not isinstance(value, tuple) or len(value) <= 6 else (*value[:5], "…"))
    return f"`{text}`"


def rules_document(every: Iterable[Enforced]) -> dict[str, Any]:
    """All rules for machines."""
    return {
        "version": VERSION,
        "rules": [
            {
                "name": each.rule.name,
                "severity": each.severity,
                "presets": dict(each.rule.presets),
                "judges": list(each.rule.kinds),
                "why": each.rule.why,
                "mend": each.rule.mend,
                "parameters": {
                    name: list(value) if isinstance(value, tuple) else value for name, value in each.parameters.items()
                },
            }
            for each in every
        ],
    }
