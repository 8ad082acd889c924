"""The project's rules on data, held against the differences, and the changes that a branch declares as meant."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from dataops.config import FILE, Rule
from dataops.diff.difference import ColumnDiff, Diff, Profile
from dataops.errors import SettingsError
from dataops.plan.plan import short
from dataops.project.patterns import speaks_of
from dataops.review.verdict import Intended, Ruling

INTENDED_FILE = "intended_changes.yml"

_KEYS = ("model", "columns", "reason", "expires")
_EXAMPLE = "write `- model: …`, `reason: …`, `expires: YYYY-MM-DD`, and `columns: […]` unless the whole model is meant"


def read_intended(folder: Path, today: datetime.date) -> tuple[tuple[Intended, ...], tuple[Intended, ...]]:
    """The acknowledgements that hold on a day, and those that have expired (the day named is the last that counts).

    Raises:
        SettingsError: the file cannot be read, or an entry lacks its reason or its date.
    """
    path = folder / INTENDED_FILE
    if not path.exists():
        return (), ()
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{INTENDED_FILE} is not valid YAML: {error}", _EXAMPLE) from error
    if root is None:
        return (), ()
    if not isinstance(root, yaml.SequenceNode):
        raise SettingsError(f"{INTENDED_FILE}:{root.start_mark.line + 1} is not a list", _EXAMPLE)
    every = list(_entries(root))
    holding = tuple(each for each in every if datetime.date.fromisoformat(each.expires) >= today)
    return holding, tuple(each for each in every if each not in holding)


def _entries(root: yaml.SequenceNode) -> Iterator[Intended]:
    loader = yaml.SafeLoader("")
    for node in root.value:
        line = node.start_mark.line + 1
        value: Any = loader.construct_document(node)
        if not isinstance(value, dict):
            raise SettingsError(f"{INTENDED_FILE}:{line} is not a mapping", _EXAMPLE)
        yield _entry(value, line)


def _entry(value: Mapping[str, Any], line: int) -> Intended:
    unknown = [str(key) for key in value if key not in _KEYS]
    if unknown:
        raise SettingsError(f"{INTENDED_FILE}:{line}: unknown key `{unknown[0]}`", f"known here: {', '.join(_KEYS)}")
    missing = [key for key in ("model", "reason", "expires") if not value.get(key)]
    if missing:
        raise SettingsError(f"{INTENDED_FILE}:{line} has no `{missing[0]}`", _EXAMPLE)
    try:
        expires = datetime.date.fromisoformat(str(value["expires"]))
    except ValueError as error:
        raise SettingsError(
            f"{INTENDED_FILE}:{line}: `expires` is {value['expires']!r}, not a date", _EXAMPLE
        ) from error
    columns = value.get("columns") or ()
    named = (columns,) if isinstance(columns, str) else tuple(str(each) for each in columns)
    return Intended(str(value["model"]), named, str(value["reason"]), expires.isoformat(), INTENDED_FILE, line)


@dataclass(frozen=True)
class Limit:
    """An allowed size: an absolute one, or a share of what production has."""

    number: float
    share: bool

    def of(self, whole: float) -> float:
        """The limit in the unit of `whole`."""
        return self.number / 100 * abs(whole) if self.share else self.number

    def __str__(self) -> str:
        return f"{self.number:g} %" if self.share else f"{self.number:,g}"


@dataclass(frozen=True)
class About:
    """What a rule can choose a model by."""

    file: str
    tags: Collection[str]


def check(rules: Sequence[Rule]) -> None:
    """Refuse rules that say nothing.

    Raises:
        SettingsError: naming the rule and what is wrong with it.
    """
    for number, rule in enumerate(rules):
        where = f"{FILE}: diff.rules[{number}]"
        if all(getattr(rule, name) is None for name in (*_ROWS, *_COLUMNS, "match")):
            raise SettingsError(f"{where} has no limit", f"give it one of {', '.join((*_ROWS, *_COLUMNS, 'match'))}")


def judge(
    rules: Sequence[Rule],
    diffs: Iterable[Diff],
    about: Mapping[str, About],
    intended: Sequence[Intended],
    expired: Sequence[Intended] = (),
) -> tuple[Ruling, ...]:
    """Every rule held against every difference that it speaks of. What is intended is marked so."""
    return tuple(
        ruling
        for diff in diffs
        for rule in rules
        if _chosen(rule, diff.name, about.get(diff.name, About("", ())))
        for ruling in _rulings(rule, diff, intended, expired)
    )


def acknowledged(diff: Diff, intended: Sequence[Intended]) -> Iterator[str]:
    """A sentence for each acknowledgement that speaks of a difference."""
    for each in intended:
        if each.model in (diff.name, short(diff.name)):
            what = ", ".join(each.columns) or "the whole model"
            yield f"Intended until {each.expires} ({each.file}:{each.line}), {what}: {each.reason}"


def _chosen(rule: Rule, unique_id: str, about: About) -> bool:
    return speaks_of(rule.models, short(unique_id), about.file, about.tags)


_ROWS = ("removed", "added", "modified")
_COLUMNS = ("total", "mean", "nulls")


def _rulings(rule: Rule, diff: Diff, intended: Sequence[Intended], expired: Sequence[Intended]) -> Iterator[Ruling]:
    def ruling(column: str, message: str, broken: bool) -> Ruling:
        name = rule.name or f"{rule.models}: {message.split(' is ', maxsplit=1)[0]}"
        known = next((each for each in intended if broken and meant(each, diff.name, column)), None)
        late = next((each for each in expired if broken and not known and meant(each, diff.name, column)), None)
        if late:
            message += f"; what {late.file}:{late.line} acknowledges expired on {late.expires}"
        return Ruling(name, diff.name, column, message, broken, rule.severity == "error", known)

    if diff.failure or diff.rows is None:
        yield ruling("", f"the data could not be compared: {diff.failure}", broken=True)
        return
    for what in _ROWS:
        if getattr(rule, what) is not None:
            limit, found = _limit(getattr(rule, what)), getattr(diff.rows, what)
            broken = found > limit.of(diff.rows.before)
            yield ruling("", f"rows {what} is {found:,}, allowed {limit}", broken)
    for column in diff.columns:
        if fnmatchcase(column.name.lower(), rule.columns.lower()) and column.kind in ("same", "changed", "retyped"):
            yield from (ruling(column.name, *each) for each in _on_column(rule, column))


def _on_column(rule: Rule, column: ColumnDiff) -> Iterator[tuple[str, bool]]:
    if rule.match is not None and column.match_rate is not None:
        least = _limit(rule.match)
        rate = column.match_rate
        wanted = least.number / 100 if least.share else least.number
        yield f"match rate is {_percent(rate, wanted)}, at least {wanted:.4%} is wanted", rate < wanted
    for what in _COLUMNS:
        if getattr(rule, what) is None:
            continue
        before, after = _measured(column.before, what), _measured(column.after, what)
        if before is None or after is None:
            continue
        limit = _limit(getattr(rule, what))
        moved = abs(after - before)
        yield f"{what} is {after:,g} after {before:,g}, allowed ± {limit}", moved > limit.of(before)


def _percent(rate: float, wanted: float) -> str:
    """A rate with as many digits as tell it from what is wanted."""
    for digits in range(2, 10):
        text = f"{rate:.{digits}%}"
        if text != f"{wanted:.{digits}%}":
            return text
    return f"{rate:%}"


def _measured(profile: Profile | None, what: str) -> float | None:
    if profile is None:
        return None
    return {"total": profile.total, "mean": profile.mean, "nulls": float(profile.nulls)}[what]


def meant(intended: Intended, unique_id: str, column: str) -> bool:
    """Whether an acknowledgement speaks of a model, or of a column of it."""
    if intended.model not in (unique_id, short(unique_id)):
        return False
    return not intended.columns or column.lower() in {each.lower() for each in intended.columns}


def _limit(text: str) -> Limit:
    """What settings have been found to be: a number, or a share."""
    written = text.strip()
    return Limit(float(written.removesuffix("%")), written.endswith("%"))
