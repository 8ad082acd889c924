"""A review of a change to each of the four applications, as a reviewer would get it, built by hand."""

from __future__ import annotations

import io

from rich.console import Console

from dataops.check.findings import Checked, Excepted
from dataops.check.findings import Finding as Broken
from dataops.contract.breaches import Amendment, Breach, Kept
from dataops.diff.difference import (
    Both,
    Cell,
    ColumnDiff,
    Diff,
    Key,
    OffendingRows,
    Profile,
    Rows,
    SampleRow,
    Sampling,
    Segment,
    Window,
)
from dataops.lint.findings import Finding, Linted
from dataops.output import terminal, terminal_data
from dataops.plan.plan import Decision, Plan
from dataops.project.difference import Break, Change, Columns
from dataops.project.outcome import NodeResult, Outcome, Shape
from dataops.review.verdict import Built, Compared, Intended, Review, Ruling

ALERTS = "model.dataops.fct_alerts"
ADMISSIONS = "model.dataops.fct_admissions"
ORDERS = "model.dataops.fct_orders"
PAIRS = "model.dataops.fct_item_pairs"
FEATURES = "model.dataops.fct_transaction_features"


def _same(*names: str) -> tuple[ColumnDiff, ...]:
    return tuple(ColumnDiff(name, "VARCHAR", "VARCHAR", 0, 1000) for name in names)


def alerts() -> Diff:
    """Fraud: a rule's threshold was lowered; one country's alerts change, and new ones are raised."""
    amounts = (
        Profile(0, 8_120, 41_220_512.40, 3_281.9, "12.00", "92445516.64", (310.2, 902.5, 1_784.0, 4_021.0, 9_812.0)),
        Profile(0, 9_007, 44_918_203.11, 3_294.8, "12.00", "92445516.64", (310.2, 905.0, 1_790.0, 4_100.5, 9_990.0)),
    )
    return Diff(
        ALERTS,
        "prod.fraud.fct_alerts",
        "ci.fraud.fct_alerts",
        "production",
        Key(("transaction_id", "rule_id"), "the primary key of its contract"),
        Rows(12_560, 13_633, 1_102, 29, 312, 12_219),
        (
            *_same("transaction_id", "rule_id"),
            ColumnDiff("severity", "VARCHAR", "VARCHAR", 312, 12_531, before=Profile(0, 3), after=Profile(0, 4)),
            ColumnDiff(
                "account_id",
                "VARCHAR",
                "VARCHAR",
                4,
                12_531,
                hidden=True,
                before=Profile(0, 901, minimum="C1000156", maximum="C999999"),
                after=Profile(2, 950),
            ),
            ColumnDiff("amount", "DECIMAL(18,2)", "DECIMAL(18,2)", 11, 12_531, before=amounts[0], after=amounts[1]),
            *_same("step", "day_number", "transaction_type", "is_fraud"),
        ),
        samples=(
            SampleRow(
                "modified",
                (("transaction_id", "T000918"), ("rule_id", "large_transfer")),
                (Cell("severity", "medium", "high"), Cell("account_id", "C1231006815", "C1305486145")),
            ),
            SampleRow(
                "modified",
                (("transaction_id", "T001377"), ("rule_id", "large_transfer")),
                (Cell("severity", "medium", "high"), Cell("amount", "18022.10", None)),
            ),
            SampleRow(
                "added",
                (("transaction_id", "T002210"), ("rule_id", "emptied_account")),
                (
                    Cell("severity", None, "low"),
                    Cell("account_id", None, "C840083671"),
                    Cell("step", None, "14"),
                    Cell("amount", None, "229133.94"),
                ),
            ),
            SampleRow(
                "removed",
                (("transaction_id", "T000044"), ("rule_id", "round_amount")),
                (
                    Cell("severity", "low", None),
                    Cell("account_id", "C1984094095", None),
                    Cell("amount", "100.00", None),
                ),
            ),
        ),
        segments=(Segment("transaction_type", "TRANSFER", 0.9861, 0.1203, 308),),
        seconds=0.8,
    )


def admissions() -> Diff:
    """Healthcare: a stay counts differently, a column has another type, a new one is added, keys are doubtful."""
    return Diff(
        ADMISSIONS,
        "prod.healthcare.fct_admissions",
        "ci.healthcare.fct_admissions",
        "base code",
        Key(("admission_key",), "tests `unique` and `not_null`"),
        Rows(4_410, 4_412, 2, 0, 1_904, 2_506, Both(0, 0), Both(0, 4)),
        (
            *_same("admission_key", "patient_key", "admitted_at"),
            ColumnDiff(
                "length_of_stay_days", "INTEGER", "BIGINT", 1_904, 4_410,
                before=Profile(0, 61, 17_202.0, 3.9007, "0", "94", (0.0, 1.0, 2.0, 5.0, 13.0)),
                after=Profile(12, 62, 19_106.0, 4.3424, "1", "95", (1.0, 2.0, 3.0, 6.0, 14.0)),
            ),
            ColumnDiff("exclusion_reason", "VARCHAR", "VARCHAR", 0, 4_410, nullable=(False, True)),
            ColumnDiff("next_admission_band", None, "VARCHAR"),
            ColumnDiff("notes", "STRUCT(a INTEGER)", "STRUCT(a INTEGER)", not_compared="this type has no order"),
        ),
        reordered=True,
        window=Window("admitted_at", "2024-01-01 00:00:00", "2025-06-30 23:59:59", Both(0, 118)),
        notes=("Production was refreshed after this branch started; both versions were built on the same inputs.",),
        seconds=1.4,
    )  # fmt: skip


def orders() -> Diff:
    """Supply chain: a huge table, sampled; prices are rounded at another place."""
    return Diff(
        ORDERS,
        "prod.supply_chain.fct_orders",
        "ci.supply_chain.fct_orders",
        "production",
        Key(("order_id",), "the primary key of its contract"),
        Rows(15_000_000, 15_000_000, 0, 0, 64, 14_999_936),
        (
            *_same("order_id", "customer_id"),
            ColumnDiff(
                "charged_usd", "DECIMAL(18,2)", "DECIMAL(18,2)", 64, 15_000_000,
                before=Profile(0, 14_000_000, 2.18e12, 145_333.123456, "857.71", "555285.16"),
                after=Profile(0, 14_000_000, 2.18e12 - 0.64, 145_333.123455, "857.71", "555285.16"),
            ),
        ),
        samples=(SampleRow("modified", (("order_id", "4611"),), (Cell("charged_usd", "1200.105", "1200.11"),)),),
        sampling=Sampling(16, 0.00041),
        seconds=9.2,
    )  # fmt: skip


def pairs() -> Diff:
    """Recommendations: no key."""
    return Diff(
        PAIRS,
        "prod.recommendations.fct_item_pairs",
        "ci.recommendations.fct_item_pairs",
        "production",
        Key((), "no constraint, test or setting names one"),
        Rows(820, 815, 120, 125, 0, 695),
        (*_same("item_id", "other_item_id"), ColumnDiff("lift", "DOUBLE", "DOUBLE", not_compared="rows have no key")),
        samples=(
            SampleRow("added", (), (Cell("item_id", None, "461686"), Cell("lift", None, "1.25"))),
            SampleRow("removed", (), (Cell("item_id", "461686", None), Cell("lift", "1.24", None))),
        ),
        seconds=0.2,
    )


def alike(name: str) -> Diff:
    return Diff(
        name,
        "prod.x",
        "ci.x",
        "production",
        Key(("id",), "`--key`"),
        Rows(10, 10, 0, 0, 0, 10),
        _same("id"),
        seconds=0.1,
    )


def failed() -> Diff:
    return Diff(
        FEATURES, "prod.fraud.f", "ci.fraud.f", "production", Key((), ""), None, (),
        failure="production's relation has no column that this change's has",
    )  # fmt: skip


def _result(unique_id: str, status: str, file: str, message: str = "", failures: int | None = None) -> NodeResult:
    kind, _, name = unique_id.split(".")[:3]
    return NodeResult(unique_id, name, kind, status, message, 1.25, failures, file)


def review() -> Review:
    """All that a page can show."""
    plan = Plan(
        "release",
        "20261122T0910-1",
        (
            Change(
                ALERTS, "modified", ("sql",), "models/fraud/marts/fct_alerts.sql",
                columns=Columns(changed=("severity",)), meaning="column severity is computed differently",
            ),
            Change(
                ADMISSIONS, "modified", ("sql", "contract"), "models/healthcare/marts/fct_admissions.sql",
                meaning="adds column next_admission_band",
            ),
            Change(ORDERS, "modified", ("macro",), "models/supply_chain/marts/fct_orders.sql", details=("macro x",)),
            Change(
                "model.dataops.fct_old", "removed", ("removed",), "models/fraud/marts/fct_old.sql", "prod.fraud.fct_old"
            ),
        ),
        tuple(
            Decision(name, why)
            for name, why in (
                (ALERTS, "modified: sql"),
                (ADMISSIONS, "modified: sql, contract"),
                (ORDERS, "modified: macro to_money"),
                (PAIRS, "reads changed column severity of fct_alerts"),
                ("model.dataops.fct_case_queue", "reads changed column severity of fct_alerts"),
                ("test.dataops.fct_alerts_severity_is_known.0123456789", "tests fct_alerts"),
                ("test.dataops.queue_is_short.abcdef0123", "tests fct_case_queue"),
            )
        ),
        (Decision("model.dataops.fct_sessions", "nothing it reads has changed"),),
        ("fraud_dashboard",),
        None,
        False,
        breaking=(Break(ADMISSIONS, "length_of_stay_days", "retyped", "exposure.dataops.board", "models/h.yml", 12),),
    )  # fmt: skip
    test = "test.dataops.fct_alerts_severity_is_known.0123456789"
    results = (
        _result(ALERTS, "success", "models/fraud/marts/fct_alerts.sql"),
        _result(ADMISSIONS, "success", "models/healthcare/marts/fct_admissions.sql"),
        _result(ORDERS, "success", "models/supply_chain/marts/fct_orders.sql"),
        _result(PAIRS, "success", "models/recommendations/marts/item_pairs.sql"),
        _result(test, "fail", "models/fraud/marts/fct_alerts.yml", "Got 7 results, configured to fail if != 0", 7),
        _result("model.dataops.fct_case_queue", "skipped", "models/fraud/marts/fct_case_queue.sql"),
        _result(
            "test.dataops.queue_is_short.abcdef0123",
            "warn",
            "models/q.yml",
            "Got 1 result, configured to warn if >0",
            1,
        ),
    )
    compared = (
        Compared("model.dataops.fct_new", "ci.fraud.fct_new", None, Shape(1_204, {"a": "INTEGER", "b": "VARCHAR"})),
    )
    meant = Intended(ALERTS, ("severity",), "severities follow the new policy", "2026-12-31", "dataops/intended.yml", 3)
    return Review(
        plan,
        Linted(
            ("models/fraud/marts/fct_alerts.sql",),
            (
                Finding(
                    "models/fraud/marts/fct_alerts.sql",
                    14,
                    5,
                    "CP01",
                    "Keywords must be consistently lower case.",
                    False,
                ),
            ),
        ),
        True,
        Built(Outcome(results, 9.0), compared, ("model.dataops.fct_transactions",)),
        (("plan", 1.2), ("lint", 0.4), ("build", 9.0), ("compare", 2.6)),
        diffs=(alike("model.dataops.dim_items"), pairs(), alerts(), admissions(), orders(), failed()),
        rulings=(
            Ruling("no rows removed from marts", ALERTS, "", "29 rows were removed, none may be", True),
            Ruling(
                "severities stay", ALERTS, "severity", "match 97.5 %, at least 99.9 % is allowed", True, intended=meant
            ),
            Ruling("means stay", ORDERS, "charged_usd", "moved by 0.1 %", True, blocking=False),
            Ruling("no rows removed from marts", ORDERS, "", "none were removed", False),
        ),
        checked=Checked(
            "standard",
            23,
            3,
            (
                Broken(
                    "only_staging_reads_sources",
                    "error",
                    ALERTS,
                    "source.dataops.paysim.transactions",
                    "fct_alerts reads the source paysim.transactions",
                    "models/fraud/marts/fct_alerts.sql",
                    2,
                    "A source is cleaned in one place.",
                    "read the source in a staging model",
                ),
                Broken(
                    "models_are_owned",
                    "warn",
                    ALERTS,
                    "",
                    "nobody owns fct_alerts",
                    "models/fraud/marts/fct_alerts.yml",
                    0,
                    "Somebody has to be told.",
                    "set an owner",
                ),
            ),
            1_204,
            (Excepted("keys_are_tested", ORDERS, "", "An order is sent twice."),),
            "release 20261122T0910-1",
        ),
        promised=Kept(
            3,
            2,
            (
                Breach(
                    "type narrowed",
                    ALERTS,
                    "severity",
                    "fct_alerts.severity is varchar(5), and was varchar(20): it holds less",
                    "models/fraud/marts/fct_alerts.yml",
                    14,
                ),
                Breach(
                    "model removed",
                    "model.dataops.dim_items.v1",
                    "",
                    "dim_items.v1 is gone, before its day, 2027-12-31",
                    "models/recommendations/marts/dim_items_v1.sql",
                    0,
                    "meant until 2026-12-31: nobody reads it",
                ),
            ),
            (
                Amendment(
                    ORDERS,
                    "charged_usd",
                    "fct_orders.charged_usd is decimal(18, 2), and was integer: it holds all that it held",
                ),
            ),
            "release 20261122T0910-1",
        ),
        offending=(
            OffendingRows(
                test,
                ("transaction_id", "severity", "account_id"),
                (("T000918", "urgent", "C1231006815"), ("T001377", None, "C1666544295"), ("T00 ", "", "x")),
                7,
                hidden=("account_id",),
            ),
        ),
    )


def at_a_terminal(review: Review) -> str:
    """The review, and its first difference, as a terminal shows them."""
    stream = io.StringIO()
    console = Console(file=stream, width=160)
    terminal.review(console, review)
    terminal_data.diff(console, review.diffs[0])
    return stream.getvalue()
