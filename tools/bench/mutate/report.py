"""What the harness found: each miss, the table, and the whole as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.mutate.trial import Verdict


def miss(verdict: Verdict) -> str:
    """A miss, with all that is needed to see it again."""
    lines = [f"MISSED by edit {verdict.number}, {verdict.edit.kind}", verdict.edit.diff]
    lines += [f"  {unique_id} differs: {how}" for unique_id, how in verdict.missed.items()]
    lines += [f"  the plan broke: {verdict.failed}"] if verdict.failed else []
    lines += [f"  the plan's changes: {'; '.join(verdict.reasons) or 'none'}"]
    return "\n".join(lines)


def table(name: str, verdicts: Sequence[Verdict], relations: int) -> str:
    """The figures, for the plan and for dbt side by side, and by kind of edit."""
    valid = [each for each in verdicts if each.rejected is None]
    asked = [each for each in valid if each.dbt is not None]
    ours, theirs = (sum(len(getattr(each, field)) for each in asked) for field in ("needless", "dbt_needless"))
    differs = sum(len(each.truth) for each in valid)
    seconds = sum(each.seconds for each in valid) / max(len(valid), 1)
    lines = [
        "",
        f"{name}: {relations} relations, {len(valid)} mutants, {seconds:.1f} s each",
        f"edits that did not build, not counted: {len(verdicts) - len(valid)}",
        f"relations that differ: {differs}; mutants that change nothing: {sum(not each.truth for each in valid)}",
        "",
        f"{'':34}{'plan':>10}{'state:modified+':>18}",
        f"{'missed':34}{_all(valid, 'missed'):>10}{_all(asked, 'dbt_missed'):>18}",
        f"{'run without need':34}{_all(valid, 'needless'):>10}{theirs:>18}",
        f"{f'of {len(asked)} mutants that dbt was asked of':34}{ours:>10}{theirs:>18}",
        f"{'share of dbt’s':34}{ours / theirs if theirs else 0:>10.2f}",
        "",
        f"{'kind of edit':28}{'mutants':>9}{'differ':>9}{'missed':>9}{'(dbt)':>8}{'needless':>10}{'(dbt)':>8}",
    ]
    for kind in sorted({each.edit.kind for each in verdicts}):
        some = [each for each in valid if each.edit.kind == kind]
        fields = ("missed", "dbt_missed", "needless", "dbt_needless")
        missed, dbt_missed, needless, dbt_needless = (
            _all(some if not each.startswith("dbt") else [one for one in some if one.dbt is not None], each)
            for each in fields
        )
        lines.append(
            f"{kind:28}{len(some):>9}{_all(some, 'truth'):>9}{missed:>9}{dbt_missed:>8}{needless:>10}{dbt_needless:>8}"
        )
    broken = sum(each.failed is not None for each in valid)
    return "\n".join([*lines, *([f"THE PLAN BROKE on {broken} mutants"] if broken else [])])


def _all(verdicts: Iterable[Verdict], field: str) -> int:
    return sum(len(getattr(each, field)) for each in verdicts)


def document(name: str, seed: int, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Everything, for a machine: a verdict can be had again by its number and the seed."""
    return {
        "version": 1,
        "project": name,
        "seed": seed,
        "mutants": [
            {
                "number": each.number,
                "kind": each.edit.kind,
                "file": each.edit.file,
                "diff": each.edit.diff,
                "rejected": each.rejected,
                "failed": each.failed,
                "differs": each.truth,
                "plan": each.plan,
                "state_modified": each.dbt,
                "missed": each.missed,
                "state_modified_missed": each.dbt_missed,
                "needless": each.needless,
                "state_modified_needless": each.dbt_needless,
                "reasons": each.reasons,
                "whole": each.whole,
                "seconds": round(each.seconds, 2),
            }
            for each in verdicts
        ],
    }
