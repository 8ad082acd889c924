"""The healthcare measures worked out a second time, in plain Python on the CSV files, day by day and row by row.

Nothing here is shared with the models but the definitions in docs/healthcare.md.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

Row = dict[str, str]
ONE_DAY = timedelta(days=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def day(text: str) -> date:
    return moment(text).date()


@dataclass(frozen=True)
class Export:
    """A Synthea export, without the rows that were sent twice."""

    tables: dict[str, list[Row]]

    @classmethod
    def read(cls, folder: Path, prefix: str = "") -> Export:
        tables = {}
        for name in ("patients", "encounters", "medications", "claims", "procedures"):
            with (folder / f"{prefix}{name}.csv").open(encoding="utf-8", newline="") as file:
                rows = {tuple(row.values()): row for row in csv.DictReader(file)}
            tables[name] = list(rows.values())
        latest: dict[str, Row] = {}
        for row in tables["encounters"]:
            held = latest.get(row["Id"])
            if held is None or float(row["TOTAL_CLAIM_COST"]) > float(held["TOTAL_CLAIM_COST"]):
                latest[row["Id"]] = row
        tables["encounters"] = list(latest.values())
        return cls(tables)

    @property
    def possible(self) -> list[Row]:
        return [row for row in self.tables["encounters"] if not row["STOP"] or row["STOP"] >= row["START"]]

    @property
    def as_of(self) -> date:
        return max(day(row["START"]) for row in self.possible)

    @property
    def deaths(self) -> dict[str, date]:
        return {row["Id"]: day(row["DEATHDATE"]) for row in self.tables["patients"] if row["DEATHDATE"]}


def age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def readmissions(export: Export, planned_codes: set[str]) -> dict[int, tuple[int, int, int]]:
    """By year of discharge: admissions, index admissions, readmissions."""
    planned = {row["Id"] for row in export.possible if row["CODE"] in planned_codes}
    planned |= {row["ENCOUNTER"] for row in export.tables["procedures"] if row["CODE"] in planned_codes}
    born = {row["Id"]: day(row["BIRTHDATE"]) for row in export.tables["patients"]}
    stays: dict[str, list[Row]] = defaultdict(list)
    for row in export.possible:
        patient = row["PATIENT"]
        alive = patient not in export.deaths or day(row["START"]) <= export.deaths[patient]
        if row["ENCOUNTERCLASS"] == "inpatient" and row["STOP"] and alive:
            stays[patient].append(row)
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for patient, rows in stays.items():
        admissions: list[list[date | bool]] = []
        for row in sorted(rows, key=lambda row: (row["START"], row["Id"])):
            if admissions and day(row["START"]) - admissions[-1][1] <= ONE_DAY:
                admissions[-1][1] = max(admissions[-1][1], day(row["STOP"]))
            else:
                admissions.append([day(row["START"]), day(row["STOP"]), row["Id"] in planned])
        for place, (begin, end, is_planned) in enumerate(admissions):
            known = born[patient] <= min(export.as_of, export.deaths.get(patient, export.as_of))
            is_index = (
                not is_planned
                and known
                and age(born[patient], begin) >= 18
                and not (patient in export.deaths and export.deaths[patient] <= end)
                and (export.as_of - end).days >= 30
            )
            after = admissions[place + 1] if place + 1 < len(admissions) else None
            is_readmitted = is_index and after is not None and not after[2] and (after[0] - end).days <= 30
            tally = counts[end.year]
            tally[0], tally[1], tally[2] = tally[0] + 1, tally[1] + is_index, tally[2] + is_readmitted
    return {year: (tally[0], tally[1], tally[2]) for year, tally in counts.items()}


def coverage(export: Export, drugs: dict[str, tuple[str, str]]) -> Counter[tuple[str, int, int, int]]:
    """How often each (class, year, days covered, days of treatment) occurs. `drugs`: code to ingredient and class."""
    taken: dict[tuple[str, str], list[tuple[date, int, str]]] = defaultdict(list)
    for row in export.tables["medications"]:
        if row["CODE"] in drugs:
            start, stop = day(row["START"]), day(row["STOP"]) if row["STOP"] else export.as_of
            supply = min(int(row["DISPENSES"]) * 30, (stop - start).days)
            if supply > 0:
                taken[row["PATIENT"], drugs[row["CODE"]][0]].append((start, supply, row["CODE"]))
    classes = dict(drugs.values())
    covered: dict[tuple[str, str], set[date]] = defaultdict(set)
    for (patient, ingredient), supplies in taken.items():
        free = date.min
        for start, supply, _ in sorted(supplies):
            free = max(free, start)
            for _ in range(supply):  # one day at a time, after what is left of earlier supplies
                covered[patient, classes[ingredient]].add(free)
                free += ONE_DAY
    found: Counter[tuple[str, int, int, int]] = Counter()
    for (patient, group), days in covered.items():
        end = min(export.as_of, export.deaths.get(patient, export.as_of))
        for year in {each.year for each in days}:
            last = min(end, date(year, 12, 31))
            within = [each for each in days if each.year == year and each <= last]
            if within:
                found[group, year, len(within), (last - min(within)).days + 1] += 1
    return found


def monthly_costs(export: Export) -> dict[date, tuple[int, float, float]]:
    """By month: members, medical cost, pharmacy cost."""
    first: dict[str, date] = {}
    services = [(row["PATIENT"], row["START"]) for row in export.tables["encounters"]]
    services += [(row["PATIENTID"], row["SERVICEDATE"]) for row in export.tables["claims"]]
    for patient, served in services:
        month = day(served).replace(day=1)
        first[patient] = min(first.get(patient, month), month)
    totals: dict[date, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    months: dict[str, set[date]] = defaultdict(set)
    for patient, joined in first.items():
        month, last = joined, export.deaths.get(patient, export.as_of).replace(day=1)
        while month <= last:
            totals[month][0] += 1
            months[patient].add(month)
            month = (month + timedelta(days=31)).replace(day=1)
    for table, column, place in (("encounters", "TOTAL_CLAIM_COST", 1), ("medications", "TOTALCOST", 2)):
        for row in export.tables[table]:
            month = day(row["START"]).replace(day=1)
            if month in months[row["PATIENT"]]:
                totals[month][place] += float(row[column])
    return {month: (int(members), medical, pharmacy) for month, (members, medical, pharmacy) in totals.items()}
