"""Contracts of two versions of a project beside each other: what was promised and is not kept."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from dataops.contract.breaches import Amendment, Breach
from dataops.contract.terms import NOT_NULL, UNIQUE, Constraint, Terms
from dataops.sql.widening import compared

Line = Callable[[Terms, str], int]
"""The line that describes a model, or one of its columns, in its sheet."""


@dataclass(frozen=True)
class Comparing:
    """How contracts are compared: in which dialect, on which day, and where the lines of a model are."""

    dialect: str
    today: datetime.date
    line: Line

    def compare(
        self, before: Mapping[str, Terms], after: Mapping[str, Terms], gone: Collection[str]
    ) -> Iterator[Breach | Amendment]:
        """What became of each contract of the base; `gone` are the models that the project has no more."""
        for unique_id, old in sorted(before.items()):
            if not old.enforced or old.ended(self.today):
                continue
            if unique_id in after:
                yield from self._model(old, after[unique_id])
            elif unique_id in gone:
                yield from self._gone(old, [each for each in after.values() if _is_version_of(each, old)])

    def _gone(self, old: Terms, versions: list[Terms]) -> Iterator[Breach | Amendment]:
        """A model that became versions is kept by any of them."""
        ways = [list(self._model(old, each)) for each in sorted(versions, key=lambda each: each.name)]
        kept = [way for way in ways if not any(isinstance(each, Breach) for each in way)]
        if ways:
            yield Amendment(old.unique_id, "", f"{old.name} has versions now")
            yield from (kept or ways)[0]
            return
        when = f"before its day, {old.deprecated}" if old.deprecated else "and no `deprecation_date` said when"
        yield Breach("model removed", old.unique_id, "", f"{old.name} is gone, {when}", old.file, 0)

    def _model(self, old: Terms, new: Terms) -> Iterator[Breach | Amendment]:
        def breach(kind: str, message: str, column: str = "") -> Breach:
            return Breach(kind, new.unique_id, column, message, new.sheet or new.file, self.line(new, column))

        if old.access == "public" and new.access != "public":
            yield breach("access narrowed", f"{new.name} is {new.access or 'not public'}, and was public")
        if new.deprecated != old.deprecated:
            yield from self._end(old, new, breach)
        if not new.enforced:
            yield breach("contract dropped", f"the contract of {new.name} is not enforced any more")
            return
        yield from self._columns(old, new, breach)
        for each in sorted(old.constraints - new.constraints, key=str):
            there = all(column in _by_name(new) for column in each.columns)
            if there and not _implied(each, new.constraints):
                only = next(iter(each.columns)) if len(each.columns) == 1 else ""
                yield breach("constraint dropped", f"{new.name} does not promise {each} any more", only)

    def _end(self, old: Terms, new: Terms, breach: Callable[..., Breach]) -> Iterator[Breach | Amendment]:
        if new.deprecated is None:
            yield Amendment(new.unique_id, "", f"{new.name} has no end any more")
        elif old.deprecated is not None and new.deprecated < old.deprecated:
            yield breach("end moved", f"{new.name} ends on {new.deprecated}, and was to end on {old.deprecated}")
        elif old.deprecated is None and new.deprecated <= self.today:
            yield breach("end moved", f"{new.name} ended on {new.deprecated}, which nobody was told before")
        else:
            yield Amendment(new.unique_id, "", f"{new.name} ends on {new.deprecated}")

    def _columns(self, old: Terms, new: Terms, breach: Callable[..., Breach]) -> Iterator[Breach | Amendment]:
        earlier, later = _by_name(old), _by_name(new)
        added = [name for name in later if name not in earlier]
        for stored, column in earlier.items():
            if stored in later:
                yield from self._type(old.types[column], new.types[later[stored]], new, later[stored], breach)
                continue
            place = [*earlier].index(stored)
            renamed = next((each for each in added if [*later].index(each) == place), None)
            was = f"{new.name}.{column} is gone"
            if renamed and compared(old.types[column], new.types[later[renamed]], self.dialect) == "same":
                yield breach("column renamed", f"{was}; {later[renamed]}, of the same type, is in its place", column)
            else:
                yield breach("column removed", was, column)
        for stored in added:
            column = later[stored]
            yield Amendment(new.unique_id, column, f"{new.name}.{column} is new: {new.types[column]}")

    def _type(
        self, before: str, after: str, new: Terms, column: str, breach: Callable[..., Breach]
    ) -> Iterator[Breach | Amendment]:
        verdict = compared(before, after, self.dialect)
        said = f"{new.name}.{column} is {after or 'of no type'}, and was {before or 'of no type'}"
        if verdict == "wider":
            yield Amendment(new.unique_id, column, f"{said}: it holds all that it held")
        elif verdict == "narrower":
            yield breach("type narrowed", f"{said}: it holds less", column)
        elif verdict == "other":
            yield breach("type changed", f"{said}: neither holds all of the other", column)
        elif verdict == "unknown":
            yield breach("type changed", f"{said}: whether it holds all that it held, nobody knows", column)


def _is_version_of(each: Terms, old: Terms) -> bool:
    return bool(each.version) and not old.version and each.model == old.model


def _by_name(terms: Terms) -> dict[str, str]:
    """Columns in lower case, as constraints have them: YAML does not quote them, so no warehouse tells case apart."""
    return {name.lower(): name for name in terms.types}


def _implied(each: Constraint, others: Collection[Constraint]) -> bool:
    """Whether others promise the same, or more: a key of some columns is one of those and others, too."""
    if each.kind == UNIQUE:
        return any(other.kind == UNIQUE and other.columns and other.columns <= each.columns for other in others)
    if each.kind == NOT_NULL:
        return False
    return each in others
