"""Proposals for a person, as YAML to copy, and as JSON."""

from __future__ import annotations

import json as encoding
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from dataops.sheets.lines import flow, indented, item
from dataops.suggest.files import Merged
from dataops.suggest.proposal import VERSION, Proposal, Suggested
from dataops.suggest.render import Style, addition


def text(console: Console, found: Suggested, merged: Merged | None) -> None:
    """Proposals with their evidence, node by node, then what is not proposed and why."""
    for unique_id, proposals in groupby(found.proposals, lambda each: each.unique_id):
        console.print(Text(_name(unique_id), style="bold"))
        for each in proposals:
            _line(console, f"  {_test(each)}", each.evidence)
        console.print()
    for title, reasons in (("Not judged", found.passed_over), ("Not read", found.unread)):
        if reasons:
            console.print(Text(title, style="bold"))
            for unique_id, why in sorted(reasons.items()):
                _line(console, f"  {_name(unique_id)}", why)
            console.print()
    _missing(console, found)
    count = len(found.proposals)
    queries = sum(found.queries.values())
    asked = ", ".join(f"{number} {purpose}" for purpose, number in sorted(found.queries.items()))
    console.print(
        f"{_counted(count, 'proposal')} for {_counted(found.tables, 'relation')}; "
        f"{_counted(queries, 'query', 'queries')}{f' ({asked})' if asked else ''}.",
        highlight=False,
    )
    if merged is None:
        if count:
            console.print("[dim]--write adds them to the project's YAML, --format yaml prints it.[/]", highlight=False)
        return
    for unique_id, why in merged.by_hand.items():
        _line(console, f"To be written by hand: {_name(unique_id)}", why)
    for file in merged.files:
        console.print(f"{'Made' if file.before is None else 'Added to'} {file.path}", highlight=False, markup=False)


def yaml(found: Suggested, nodes: Mapping[str, Any]) -> str:
    """The proposals as a file of dbt's YAML, each with its evidence as a comment."""
    style = Style(evidence=True)
    sections: dict[str, list[str]] = {}
    for unique_id, proposals in groupby(found.proposals, lambda each: each.unique_id):
        added = addition(nodes[unique_id], list(proposals))
        lines = style.node(added)
        if added.source is not None:
            lines = item([f"name: {flow(added.source)}", "tables:", *indented(lines, 2)])
        sections.setdefault(added.section, []).extend(indented(lines, 2))
    return "\n".join("\n".join([f"{name}:", *lines]) + "\n" for name, lines in sections.items())


def json(found: Suggested, merged: Merged | None) -> str:
    """Everything, as in `schemas/suggest.json`."""
    document = {
        "version": VERSION,
        "proposals": [asdict(each) for each in found.proposals],
        "passed_over": dict(found.passed_over),
        "unread": dict(found.unread),
        "missing": list(found.missing),
        "queries": dict(found.queries),
        "written": [str(file.path) for file in merged.files] if merged else [],
        "by_hand": dict(merged.by_hand) if merged else {},
    }
    return encoding.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _missing(console: Console, found: Suggested) -> None:
    if not found.missing:
        return
    console.print(Text("With the package dataops_toolkit (docs/package.md) there would also be", style="bold"))
    for each in _few(found.missing):
        console.print(f"  {each}", highlight=False, markup=False)
    console.print()


def _few(lines: tuple[str, ...]) -> Iterator[str]:
    yield from lines[:10]
    if len(lines) > 10:
        yield f"… and {len(lines) - 10} more (--format json has all)"


def _line(console: Console, left: str, right: str) -> None:
    console.print(Text.assemble(left, ("  — " + right, "dim")), highlight=False, soft_wrap=True)


def _test(proposal: Proposal) -> str:
    written = f"{proposal.test}{f' {flow(dict(proposal.arguments))}' if proposal.arguments else ''}"
    return f"{proposal.column}: {written}" if proposal.column is not None else written


def _name(unique_id: str) -> str:
    return ".".join(unique_id.split(".")[2:])


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
