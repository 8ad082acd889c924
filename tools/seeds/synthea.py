"""Writes the healthcare seeds: a small, invented population in the layout of Synthea's CSV export.

    python tools/seeds/synthea.py [FOLDER]

The output depends on nothing but this file: no clock, no network, no package. Rows stand in the order in which
they would have arrived, so the end of `synthea_encounters.csv` holds the late ones. The defects that the tests are
meant to find are planted by `plant_defects`, each of them by hand.
"""

from __future__ import annotations

import csv
import random
import sys
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path

FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2023, 12, 31)
PATIENTS = 64
Row = dict[str, str]

HEADERS = {
    "patients": "Id BIRTHDATE DEATHDATE SSN DRIVERS PASSPORT PREFIX FIRST LAST SUFFIX MAIDEN MARITAL RACE ETHNICITY "
    "GENDER BIRTHPLACE ADDRESS CITY STATE COUNTY ZIP LAT LON HEALTHCARE_EXPENSES HEALTHCARE_COVERAGE",
    "encounters": "Id START STOP PATIENT ORGANIZATION PROVIDER PAYER ENCOUNTERCLASS CODE DESCRIPTION "
    "BASE_ENCOUNTER_COST TOTAL_CLAIM_COST PAYER_COVERAGE REASONCODE REASONDESCRIPTION",
    "conditions": "START STOP PATIENT ENCOUNTER CODE DESCRIPTION",
    "medications": "START STOP PATIENT PAYER ENCOUNTER CODE DESCRIPTION BASE_COST PAYER_COVERAGE DISPENSES TOTALCOST "
    "REASONCODE REASONDESCRIPTION",
    "observations": "DATE PATIENT ENCOUNTER CATEGORY CODE DESCRIPTION VALUE UNITS TYPE",
    "procedures": "START STOP PATIENT ENCOUNTER CODE DESCRIPTION BASE_COST REASONCODE REASONDESCRIPTION",
    "claims": "Id PATIENTID PROVIDERID PRIMARYPATIENTINSURANCEID SECONDARYPATIENTINSURANCEID DEPARTMENTID "
    "PATIENTDEPARTMENTID DIAGNOSIS1 DIAGNOSIS2 DIAGNOSIS3 DIAGNOSIS4 DIAGNOSIS5 DIAGNOSIS6 DIAGNOSIS7 DIAGNOSIS8 "
    "REFERRINGPROVIDERID APPOINTMENTID CURRENTILLNESSDATE SERVICEDATE SUPERVISINGPROVIDERID STATUS1 STATUS2 STATUSP "
    "OUTSTANDING1 OUTSTANDING2 OUTSTANDINGP LASTBILLEDDATE1 LASTBILLEDDATE2 LASTBILLEDDATEP HEALTHCARECLAIMTYPEID1 "
    "HEALTHCARECLAIMTYPEID2",
    "payers": "Id NAME ADDRESS CITY STATE_HEADQUARTERED ZIP PHONE AMOUNT_COVERED AMOUNT_UNCOVERED REVENUE "
    "COVERED_ENCOUNTERS UNCOVERED_ENCOUNTERS COVERED_MEDICATIONS UNCOVERED_MEDICATIONS COVERED_PROCEDURES "
    "UNCOVERED_PROCEDURES COVERED_IMMUNIZATIONS UNCOVERED_IMMUNIZATIONS UNIQUE_CUSTOMERS QOLS_AVG MEMBER_MONTHS",
}

# SNOMED CT: code, description, share of adults who have it
CONDITIONS = {
    "hypertension": ("59621000", "Essential hypertension (disorder)", 0.50),
    "diabetes": ("44054006", "Diabetes mellitus type 2 (disorder)", 0.30),
    "kidney": ("433144002", "Chronic kidney disease stage 3 (disorder)", 0.15),
    "copd": ("185086009", "Chronic obstructive bronchitis (disorder)", 0.15),
    "asthma": ("195967001", "Asthma (disorder)", 0.12),
    "heart_failure": ("88805009", "Chronic congestive heart failure (disorder)", 0.20),
    "coronary": ("53741008", "Coronary Heart Disease", 0.15),
    "lipids": ("55822004", "Hyperlipidemia (disorder)", 0.35),
    "prediabetes": ("15777000", "Prediabetes", 0.20),
}
# RxNorm: condition treated, code, description, price of one dispense
DRUGS = [
    ("hypertension", "314076", "lisinopril 10 MG Oral Tablet", 11.4),
    ("hypertension", "308136", "amLODIPine 2.5 MG Oral Tablet", 9.8),
    ("diabetes", "860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", 14.1),
    ("lipids", "314231", "Simvastatin 10 MG Oral Tablet", 8.3),
    ("copd", "895994", "120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler", 96.5),
    ("asthma", "2123111", "NDA020503 200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", 41.2),
    ("heart_failure", "314077", "lisinopril 20 MG Oral Tablet", 12.9),
]
# class: code, description, base cost, mean number a year
VISITS = {
    "wellness": ("162673000", "General examination of patient (procedure)", 136.8, 1.0),
    "ambulatory": ("185345009", "Encounter for symptom", 85.6, 0.8),
    "outpatient": ("185349003", "Encounter for check up (procedure)", 85.6, 0.5),
    "emergency": ("50849002", "Emergency room admission (procedure)", 146.2, 0.25),
    "urgentcare": ("702927004", "Urgent care clinic (procedure)", 142.6, 0.2),
}
PAYERS = ["Medicare", "Medicaid", "Dual Eligible", "Harbor Mutual", "Pine State Health", "NO_INSURANCE"]
TOWNS = [  # city, county, state, ZIP: one ZIP prefix of few people (036), one lost leading zero, one blank
    ("Somerville", "Middlesex County", "Massachusetts", "02155"),
    ("Winchester", "Middlesex County", "Massachusetts", "01890"),
    ("Framingham", "Middlesex County", "Massachusetts", "01701"),
    ("Springfield", "Hampden County", "Massachusetts", "01013"),
    ("Charlestown", "Sullivan County", "New Hampshire", "03603"),
    ("Pittsfield", "Berkshire County", "Massachusetts", "1201"),
    ("Mashpee", "Barnstable County", "Massachusetts", ""),
]
FORENAMES = [
    "Alda",
    "Bram",
    "Ciro",
    "Dune",
    "Elke",
    "Faro",
    "Gita",
    "Hale",
    "Ines",
    "Joss",
    "Kaia",
    "Lenz",
    "Mira",
    "Nils",
    "Orla",
    "Pell",
    "Quin",
    "Rhea",
    "Sven",
    "Tove",
]
SURNAMES = [
    "Ashdown",
    "Brackett",
    "Colwell",
    "Dunmore",
    "Eastlake",
    "Fenwick",
    "Garside",
    "Hartnoll",
    "Inskip",
    "Jessop",
    "Kilner",
    "Lathbury",
]


class _Population:
    """Patients and what happens to them, as rows by table."""

    def __init__(self) -> None:
        self.rng = random.Random(20240101)
        self.tables: dict[str, list[Row]] = {name: [] for name in HEADERS}
        self.payers = {name: self.new_id() for name in PAYERS}
        self.sites = [(self.new_id(), self.new_id()) for _ in range(4)]  # organisation, provider

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128)))

    def add(self, table: str, **values: object) -> Row:
        row = dict.fromkeys(HEADERS[table].split(), "")
        row.update({name: str(value) for name, value in values.items()})
        self.tables[table].append(row)
        return row

    def moment(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, self.rng.randint(7, 17), self.rng.randint(0, 59))

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randint(0, max(0, (last - first).days)))

    def money(self, low: float, high: float) -> float:
        return round(self.rng.uniform(low, high), 2)

    def add_payers(self) -> None:
        for name, payer_id in self.payers.items():
            self.add("payers", Id=payer_id, NAME=name, AMOUNT_COVERED="0.00", AMOUNT_UNCOVERED="0.00", REVENUE="0.00")

    def add_patient(self, number: int) -> None:
        rng = self.rng
        age = rng.randint(91, 97) if number < 4 else rng.randint(3, 17) if number < 8 else rng.randint(19, 88)
        born = date(2021 - age, rng.randint(1, 12), rng.randint(1, 28))
        city, county, state, postcode = TOWNS[number % len(TOWNS)]
        deceased = number % 9 == 4
        person = self.add(
            "patients", Id=self.new_id(), BIRTHDATE=born, SSN=f"999-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
            FIRST=f"{rng.choice(FORENAMES)}{rng.randint(1, 999)}", LAST=f"{rng.choice(SURNAMES)}{rng.randint(1, 999)}",
            MARITAL=rng.choice(["M", "S", "D", "W"]) if age > 20 else "",
            RACE=rng.choice(["white", "white", "black", "asian", "native", "hawaiian", "other"]),
            ETHNICITY=rng.choice(["nonhispanic", "nonhispanic", "hispanic"]), GENDER=rng.choice("FM"),
            BIRTHPLACE=f"{city}  {state}  US", ADDRESS=f"{rng.randint(1, 990)} {rng.choice(SURNAMES)} Lane",
            CITY=city, STATE=state, COUNTY=county, ZIP=postcode, LAT=round(42 + rng.random(), 6),
            LON=round(-71 - rng.random(), 6), HEALTHCARE_EXPENSES=self.money(900, 90000),
            HEALTHCARE_COVERAGE=self.money(0, 900),
        )  # fmt: skip
        last = self.day(date(2022, 6, 1), date(2023, 9, 30)) if deceased else LAST_DAY
        payer = self.payers["Medicare" if age > 64 else rng.choice(PAYERS[1:])]
        chances = {name: rng.random() for name in CONDITIONS}
        ill = [name for name, (_, _, share) in CONDITIONS.items() if age > 18 and chances[name] < share]
        first = self.day(FIRST_DAY, date(2021, 5, 31))
        self.add_visits(person, payer, first, last, ill)
        self.add_stays(person, payer, first, last, ill, deceased)
        if deceased:
            person["DEATHDATE"] = last.isoformat()
            certified = last + timedelta(days=7)  # as Synthea does: the certificate is an encounter of its own
            self.encounter(person, payer, "wellness", certified, 15, "308646001", "Death Certification", 0.0)

    def add_visits(self, person: Row, payer: str, first: date, last: date, ill: list[str]) -> None:
        years = (last - first).days / 365
        opening = self.encounter(person, payer, "wellness", first, 30, *VISITS["wellness"][:3])
        for name in ill:
            code, text, _ = CONDITIONS[name]
            began = opening["START"][:10]
            self.add(
                "conditions", START=began, PATIENT=person["Id"], ENCOUNTER=opening["Id"], CODE=code, DESCRIPTION=text
            )
        self.measure(person, opening, ill)
        for kind, (code, text, cost, rate) in VISITS.items():
            for _ in range(round(rate * years + self.rng.random() - 0.5)):
                visit = self.encounter(person, payer, kind, self.day(first, last), 30, code, text, cost)
                if kind in ("wellness", "outpatient"):
                    self.measure(person, visit, ill)
                elif kind == "ambulatory":
                    began = visit["START"][:10]
                    ended = date.fromisoformat(began) + timedelta(days=self.rng.randint(5, 20))
                    self.add("conditions", START=began, STOP=ended, PATIENT=person["Id"], ENCOUNTER=visit["Id"],
                             CODE="195662009", DESCRIPTION="Acute viral pharyngitis (disorder)")  # fmt: skip
        for name, code, text, price in DRUGS:
            if name in ill:
                self.prescribe(person, payer, opening, last, (name, code, text, price))

    def prescribe(self, person: Row, payer: str, visit: Row, last: date, drug: tuple[str, str, str, float]) -> None:
        """Orders of 120 days, four dispenses each; the next comes early, on time or late as the patient's habit is."""
        name, code, text, price = drug
        habit = self.rng.choice([(-12, 2), (-12, 2), (0, 25), (20, 80)])
        at = datetime.fromisoformat(visit["START"][:-1]) + timedelta(minutes=30)
        while at.date() < last:
            ends = at + timedelta(days=120)
            done = ends.date() < last
            dispenses = 4 if done else max(1, (last - at.date()).days // 30)
            total = round(price * dispenses, 2)
            order = self.add(
                "medications", START=_stamp(at), STOP=_stamp(ends) if done else "", PATIENT=person["Id"], PAYER=payer,
                ENCOUNTER=visit["Id"], CODE=code, DESCRIPTION=text, BASE_COST=f"{price:.2f}",
                PAYER_COVERAGE=f"{total * 0.6:.2f}", DISPENSES=dispenses, TOTALCOST=f"{total:.2f}",
                REASONCODE=CONDITIONS[name][0], REASONDESCRIPTION=CONDITIONS[name][1],
            )  # fmt: skip
            self.claim(person, payer, visit, order["START"], "1")
            at = ends + timedelta(days=self.rng.randint(*habit))

    def measure(self, person: Row, visit: Row, ill: list[str]) -> None:
        high = "hypertension" in ill and self.rng.random() < 0.4
        readings = [
            ("vital-signs", "8480-6", "Systolic Blood Pressure", self.rng.randint(141, 172) if high else
             self.rng.randint(104, 138), "mm[Hg]"),
            ("vital-signs", "8462-4", "Diastolic Blood Pressure", self.rng.randint(64, 88), "mm[Hg]"),
        ]  # fmt: skip
        if "diabetes" in ill:
            readings.append(("laboratory", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood",
                             round(self.rng.uniform(5.9, 10.4), 1), "%"))  # fmt: skip
        for category, code, text, value, units in readings:
            self.observe(person, visit, category, code, text, value, units, "numeric")
        if self.rng.random() < 0.06:  # free text that names the patient's home, as the real export has it
            self.observe(
                person, visit, "laboratory", "56799-0", "What address do you live at?", person["ADDRESS"], "", "text"
            )
        code, text = "430193006", "Medication Reconciliation (procedure)"
        self.add("procedures", START=visit["START"], STOP=visit["STOP"], PATIENT=person["Id"], ENCOUNTER=visit["Id"],
                 CODE=code, DESCRIPTION=text, BASE_COST=f"{self.money(300, 700):.2f}")  # fmt: skip

    def observe(self, person: Row, visit: Row, category: str, code: str, text: str, value: object, units: str,
                kind: str) -> None:  # fmt: skip
        self.add("observations", DATE=visit["START"], PATIENT=person["Id"], ENCOUNTER=visit["Id"], CATEGORY=category,
                 CODE=code, DESCRIPTION=text, VALUE=value, UNITS=units, TYPE=kind)  # fmt: skip

    def add_stays(self, person: Row, payer: str, first: date, last: date, ill: list[str], deceased: bool) -> None:
        """Inpatient stays: the frail have more, some are followed by another, by a transfer or by planned care."""
        rng, frail = self.rng, {"heart_failure", "copd", "kidney"} & set(ill)
        for _ in range(rng.randint(1, 3) if frail else rng.random() < 0.25):
            begins = self.day(first, last - timedelta(days=60))
            ends = self.stay(person, payer, begins, "183452005", "Encounter Inpatient")
            follow = rng.random()
            if follow < 0.30:
                again = min(ends + timedelta(days=rng.randint(2, 45)), last - timedelta(days=9))
                self.stay(person, payer, again, "183452005", "Encounter Inpatient")
            elif follow < 0.42:
                self.stay(person, payer, ends + timedelta(days=rng.randint(0, 1)), "183452005", "Encounter Inpatient")
            elif follow < 0.50:
                planned = ends + timedelta(days=rng.randint(7, 20))
                self.stay(person, payer, planned, "56876005", "Drug rehabilitation and detoxification")
        if deceased and frail:
            self.stay(person, payer, last - timedelta(days=3), "183452005", "Encounter Inpatient", nights=3)

    def stay(self, person: Row, payer: str, begins: date, code: str, text: str, nights: int = 0) -> date:
        nights = nights or self.rng.randint(1, 7)
        self.encounter(person, payer, "inpatient", begins, nights * 1440, code, text, self.money(2500, 21000))
        return begins + timedelta(days=nights)

    def encounter(self, person: Row, payer: str, kind: str, day: date, minutes: int, code: str, text: str,
                  cost: float) -> Row:  # fmt: skip
        starts = self.moment(day)
        site, provider = self.rng.choice(self.sites)
        total = round(cost + (self.money(0, 600) if cost else 0), 2)
        covered = 0.0 if payer == self.payers["NO_INSURANCE"] else round(total * 0.7, 2)
        row = self.add(
            "encounters", Id=self.new_id(), START=_stamp(starts), STOP=_stamp(starts + timedelta(minutes=minutes)),
            PATIENT=person["Id"], ORGANIZATION=site, PROVIDER=provider, PAYER=payer, ENCOUNTERCLASS=kind, CODE=code,
            DESCRIPTION=text, BASE_ENCOUNTER_COST=f"{min(cost, 146.2):.2f}", TOTAL_CLAIM_COST=f"{total:.2f}",
            PAYER_COVERAGE=f"{covered:.2f}",
        )  # fmt: skip
        self.claim(person, payer, row, row["START"], "2" if kind == "inpatient" else "1")
        return row

    def claim(self, person: Row, payer: str, visit: Row, served: str, kind: str) -> None:
        is_open = self.rng.random() < 0.03
        self.add(
            "claims", Id=self.new_id(), PATIENTID=person["Id"], PROVIDERID=visit["PROVIDER"],
            PRIMARYPATIENTINSURANCEID=payer, SECONDARYPATIENTINSURANCEID="0", DEPARTMENTID="1",
            PATIENTDEPARTMENTID="1", DIAGNOSIS1=visit["CODE"], APPOINTMENTID=visit["Id"], CURRENTILLNESSDATE=served,
            SERVICEDATE=served, SUPERVISINGPROVIDERID=visit["PROVIDER"], STATUS1="BILLED" if is_open else "CLOSED",
            STATUSP="BILLED" if is_open else "CLOSED", OUTSTANDING1=self.money(10, 400) if is_open else "0",
            OUTSTANDINGP="0", LASTBILLEDDATE1=served, LASTBILLEDDATEP=served, HEALTHCARECLAIMTYPEID1=kind,
            HEALTHCARECLAIMTYPEID2="0",
        )  # fmt: skip

    def arrive(self) -> None:
        """Encounters in order of start, but for eight of the last weeks, which arrive after all others."""
        encounters = sorted(self.tables["encounters"], key=lambda row: (row["START"], row["Id"]))
        late = encounters[-20:-4:2]
        self.tables["encounters"] = [row for row in encounters if row not in late] + late

    def plant_defects(self) -> None:
        """What a real export gets wrong, and what the tests of severity `warn` count."""
        encounters, patients = self.tables["encounters"], self.tables["patients"]
        for place in (50, 160, 270):  # sent twice
            encounters.insert(place + 9, dict(encounters[place]))
        resent = dict(encounters[300])  # sent again with a corrected, higher cost: the correction counts
        resent["TOTAL_CLAIM_COST"] = f"{float(resent['TOTAL_CLAIM_COST']) + 25:.2f}"
        encounters.insert(320, resent)
        patients.append(dict(patients[20]))
        self.tables["medications"].insert(90, dict(self.tables["medications"][80]))
        for place in (120, 210):  # ends before it starts
            row = encounters[place]
            row["STOP"] = _stamp(datetime.fromisoformat(row["START"][:-1]) - timedelta(hours=2))
        patients[30]["BIRTHDATE"] = "2085-03-09"  # not born yet
        dead = [row for row in patients if row["DEATHDATE"]][:2]  # treated a month after death
        for row in dead:
            after = date.fromisoformat(row["DEATHDATE"]) + timedelta(days=30)
            self.encounter(row, self.payers["Medicaid"], "ambulatory", after, 30, *VISITS["ambulatory"][:3])
            encounters.insert(400, encounters.pop())


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ordinary(patients: int = PATIENTS) -> _Population:
    """A population in whose data nothing is wrong yet."""
    population = _Population()
    population.add_payers()
    for number in range(patients):
        population.add_patient(number)
    return population


def build() -> dict[str, list[Row]]:
    """All rows by table, in the order of arrival."""
    population = ordinary()
    population.arrive()
    population.plant_defects()
    return population.tables


def write(folder: Path) -> None:
    """Write the tables to `folder`, one CSV file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in build().items():
        with (folder / f"synthea_{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, HEADERS[name].split(), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2] / "seeds" / "healthcare"
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
