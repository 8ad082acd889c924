"""Proposals as lines of YAML, as people write dbt's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataops.sheets.lines import flow, indented, item
from dataops.suggest.proposal import Proposal


@dataclass(frozen=True)
class Addition:
    """What is added to one node: tests of the table, and of its columns by name.

    `section`: the key of the file under which such nodes are; `source`: the source that a table belongs to.
    """

    section: str
    source: str | None
    name: str
    tests: tuple[Proposal, ...] = ()
    columns: Mapping[str, tuple[Proposal, ...]] = field(default_factory=dict)


def addition(node: Any, proposals: Sequence[Proposal]) -> Addition:
    """The proposals of one node, in their places."""
    columns: dict[str, tuple[Proposal, ...]] = {}
    for each in proposals:
        if each.column is not None:
            columns[each.column] = (*columns.get(each.column, ()), each)
    return Addition(
        f"{node.resource_type}s",
        getattr(node, "source_name", None),
        node.name,
        tuple(each for each in proposals if each.column is None),
        columns,
    )


@dataclass(frozen=True)
class Style:
    """How a file is written. `dash`: columns by which a list is indented; `key`: `data_tests`, or the older `tests`.

    `inline`: lists of names are written on one line. `evidence`: it is told as a comment above each test.
    """

    dash: int = 2
    key: str = "data_tests"
    inline: bool = False
    evidence: bool = False

    def tests(self, proposals: Sequence[Proposal]) -> list[str]:
        """The items of a list of tests."""
        return [line for each in proposals for line in self._test(each)]

    def keyed(self, proposals: Sequence[Proposal]) -> list[str]:
        """A list of tests under its key."""
        if not proposals:
            return []
        if self.inline and all(isinstance(each.entry, str) for each in proposals):
            return [f"{self.key}: {flow([each.entry for each in proposals])}"]
        return [f"{self.key}:", *indented(self.tests(proposals), self.dash)]

    def column(self, name: str, proposals: Sequence[Proposal]) -> list[str]:
        """A column that is not in the file yet."""
        quote = ["quote: true"] if proposals[0].quoted else []
        return item([f"name: {flow(name)}", *quote, *self.keyed(proposals)])

    def node(self, added: Addition) -> list[str]:
        """A model, seed, snapshot or table of a source that is not in the file yet."""
        lines = [f"name: {flow(added.name)}", *self.keyed(added.tests)]
        if added.columns:
            listed = [line for name, tests in added.columns.items() for line in self.column(name, tests)]
            lines += ["columns:", *indented(listed, self.dash)]
        return item(lines)

    def _test(self, proposal: Proposal) -> Iterator[str]:
        if self.evidence:
            yield f"# {proposal.evidence}"
        if not proposal.arguments:
            yield f"- {proposal.test}"
            return
        yield from (f"- {proposal.test}:", "    arguments:")
        for name, value in proposal.arguments.items():
            yield f"      {name}: {flow(value)}"
