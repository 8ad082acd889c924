"""Reviews of any size, and names of any kind, for properties that hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from dataops.check.findings import Checked
from dataops.check.findings import Finding as Broken
from dataops.contract.breaches import Amendment, Breach, Kept
from dataops.diff.difference import Both, Cell, ColumnDiff, Diff, Key, OffendingRows, Profile, Rows, SampleRow, Segment
from dataops.lint.findings import Finding, Linted
from dataops.plan.plan import Decision, Plan
from dataops.project.difference import Break, Change
from dataops.project.outcome import NodeResult, Outcome
from dataops.review.verdict import Built, Intended, Review, Ruling

SECRET = "S3CR3T"
"""Part of every value of a personal column, and of nothing else."""

NASTY = (
    "a|b", "`", "``x`", "<b>x</b>", "</details>", "<!--", "-->", "a\nb", "\r\n", "\t", " ", "  x ", "",
    "*x*", "_x_", "[a](b)", "![a](b)", "#1", "@someone", "!12", "~x~", "$x$", "\\", "\\|", "a\\", "&amp;",
    "&#124;", "{{ x }}", "{% x %}", "]]>", "<script>alert(1)</script>", "https://example.com",
    "www.example.com", "# x", "1. x", "- x", "> x", "+ x", "---", "===", "| --- |", "```", "~~~", "数据|表",
    "שלום", "مرحبا", "\u202eabc", "\u200b", "\ud800", "\x00", "\x1b[31m", "é", "👩‍💻", "x" * 5000,
    "::error::x", "%0A", "a:b,c", "'", '"', "ﷺ" * 50, "\ufffe", "a\u00a0b",
)  # fmt: skip
texts = st.sampled_from(NASTY) | st.text(max_size=12) | st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
values = st.none() | texts


def diff(number: int, name: str, columns: int, value: str | None, hidden: bool, rows: int = 9) -> Diff:
    """A relation in which everything changed; its first column is its key, every third is personal if `hidden`."""
    profile = Profile(1, 2, 1.5, float("nan"), value, value, (0.0, 1.0, 2.0, 3.0, float("inf")))
    secret = profile if not hidden else Profile(1, 2, 1.5, 2.0, SECRET, SECRET)
    names = [f"{name}{index}" for index in range(columns)]
    personal = {each for index, each in enumerate(names) if hidden and index % 3 == 0}
    found = tuple(
        ColumnDiff(each, "A|B", "A|B" if index % 2 else "C", rows, rows, hidden=each in personal,
                   before=secret if each in personal else profile, after=profile if each not in personal else secret)
        for index, each in enumerate(names)
    )  # fmt: skip
    shown = {each: f"{SECRET}{value}" if each in personal else value for each in names}
    cells = tuple(Cell(each, shown[each], f"{shown[each]}!") for each in names)
    key = tuple((each, shown[each]) for each in names[:1])
    samples = tuple(SampleRow(kind, key, cells) for kind in ("modified", "added", "removed"))
    segments = tuple(Segment(each, shown[each], 0.9, 0.1, rows) for each in names[:2])
    return Diff(
        f"model.p.{name}{number}", f"prod.{name}", f"ci.{name}", "production", Key(tuple(names[:1]), name),
        Rows(rows, rows, 0, 0, rows, 0, Both(0, 1), Both(1, 0)), found, samples=samples, segments=segments,
        notes=(name,), seconds=1.0,
    )  # fmt: skip


def review(
    models: int, name: str, columns: int, value: str | None, hidden: bool = False, width: int | None = None
) -> Review:
    """Everything that a review can hold, `models` times."""
    ids = [f"model.p.{name}{number}" for number in range(models)]
    tests = [f"test.p.{name}{number}" for number in range(models)]
    plan = Plan(
        "release", name,
        tuple(Change(each, "modified", ("sql",), f"models/{name}.sql", meaning=name) for each in ids),
        tuple(Decision(each, name) for each in (*ids, *tests)),
        tuple(Decision(f"{each}x", f"{name}{each}") for each in ids),
        tuple(f"{name}{number}" for number in range(models)), name or None, False,
        breaking=tuple(Break(each, name, "removed", each, f"{name}.sql", 1) for each in ids), toolchain=(name,),
    )  # fmt: skip
    results = tuple(NodeResult(each, name, "model", "success", "", 1.0, None, f"{name}.sql") for each in ids)
    results += tuple(
        NodeResult(each, name, "test", "fail", f"{name}\n{name}\n" * 30, 1.0, 1, f"{name}.yml") for each in tests
    )
    shown = tuple(f"{SECRET}{value}" if hidden and not index else value for index in range(max(columns, 1)))
    offending = tuple(
        OffendingRows(
            each,
            tuple(f"{name}{index}" for index in range(len(shown))),
            (shown,) * 3,
            9,
            (f"{name}0",) if hidden else (),
        )
        for each in tests
    )
    meant = Intended("m", (), name, "2026-12-31", f"{name}.yml", 1)
    rulings = tuple(
        Ruling(name, each, name, name, True, intended=meant if index % 2 else None) for index, each in enumerate(ids)
    )
    findings = tuple(Finding(f"{name}.sql", index + 1, 1, "CP01", name, False) for index in range(models))
    broken = (
        Broken(name, "error", each, name, name, f"{name}.yml", index, name, name) for index, each in enumerate(ids)
    )
    checked = Checked(name, 1, models, tuple(broken), models, (), name)
    breaches = (Breach("type narrowed", each, name, name, f"{name}.yml", index, name) for index, each in enumerate(ids))
    amended = tuple(Amendment(each, name, name) for each in ids)
    promised = Kept(models, models, tuple(breaches), amended, name)
    diffs = tuple(
        diff(number, name, columns if width is None or not number else width, value, hidden) for number in range(models)
    )
    return Review(
        plan, Linted((f"{name}.sql",), findings), True, Built(Outcome(results, 1.0), (), tuple(ids)), (("build", 1.0),),
        diffs=diffs, rulings=rulings, offending=offending, checked=checked, promised=promised,
    )  # fmt: skip


reviews = st.builds(review, st.integers(0, 9), texts.filter(bool), st.integers(0, 6), values, st.just(False))
