"""The column lineage of ten models of this repository's project is the one that a person reads in their SQL."""

from __future__ import annotations

from typing import Any

import pytest

from dataops import config
from dataops.orchestrate.openlineage.teller import Teller
from dataops.store.state import State
from tests.applications.sample import SALT, Released
from tests.orchestrate.official import valid_event
from tests.shop import Shop


def _same(parent: str, *columns: str) -> dict[str, set[str]]:
    """Columns that are called what they are called in a parent."""
    return {each: {f"{parent}.{each}"} for each in columns}


def _of(parent: str, *columns: str) -> set[str]:
    return {f"{parent}.{each}" for each in columns}


# By hand, from the SQL. What decides the value of a `case` is part of it; what counts, orders or joins rows is not.
# A column that no column flows into (a constant, `count(*)`, `row_number()`) is not named.
BY_HAND: dict[str, dict[str, set[str]]] = {
    "stg_paysim__transactions": {
        "step": {"paysim_transactions.step"},
        "transaction_type": {"paysim_transactions.type"},
        "amount": {"paysim_transactions.amount"},
        "origin_id": {"paysim_transactions.nameOrig"},
        "origin_old_balance": {"paysim_transactions.oldbalanceOrg"},
        "origin_new_balance": {"paysim_transactions.newbalanceOrig"},
        "destination_id": {"paysim_transactions.nameDest"},
        "destination_old_balance": {"paysim_transactions.oldbalanceDest"},
        "destination_new_balance": {"paysim_transactions.newbalanceDest"},
        "is_fraud": {"paysim_transactions.isFraud"},
        "is_flagged_by_source": {"paysim_transactions.isFlaggedFraud"},
    },
    "fct_transactions": {
        **_same(
            "int_transactions_keyed",
            "transaction_id", "step", "day_number", "transacted_at", "transaction_type", "amount", "origin_id",
            "destination_id", "occurrence_number", "origin_old_balance", "origin_new_balance",
            "destination_old_balance", "destination_new_balance", "is_fraud", "is_flagged_by_source",
        ),
        **_same(
            "int_transactions_reconciled",
            "origin_balance_status", "origin_unexplained_amount", "destination_balance_status",
            "destination_unexplained_amount",
        ),
    },
    "fct_alerts": {
        **_same(
            "int_alerts_raised",
            "transaction_id", "rule_id", "severity", "account_id", "step", "day_number", "amount",
        ),
        **_same("fct_transactions", "transaction_type", "is_fraud"),
    },
    "fct_balance_reconciliation": {
        **_same("fct_transactions", "day_number", "transaction_type"),
        **{
            f"{status}_count": _of("fct_transactions", "origin_balance_status", "destination_balance_status")
            for status in ("adds_up", "no_balance", "untracked", "overdrawn", "does_not_add_up")
        },
        "unexplained_amount": _of(
            "fct_transactions", "origin_unexplained_amount", "destination_unexplained_amount"
        ),
    },
    "fct_rule_scorecard": {
        "rule_id": {"fct_rule_performance.rule_id"},
        "rule_name": {"alert_rules.rule_name", "fct_rule_performance.rule_id"},
        **_same("fct_rule_performance", "transaction_count", "fraud_count", "alert_count", "true_alert_count"),
        "busiest_day_alert_count": {"fct_rule_performance.alert_count"},
        "alert_precision": _of("fct_rule_performance", "true_alert_count", "alert_count"),
        "alert_recall": _of("fct_rule_performance", "true_alert_count", "fraud_count"),
        "alerts_per_thousand": _of("fct_rule_performance", "alert_count", "transaction_count"),
    },
    "int_entries_posted": {
        **_same("int_transactions_keyed", "transaction_id", "step", "amount"),
        "account_id": _of("int_transactions_keyed", "origin_id", "destination_id"),
        "counterparty_id": _of("int_transactions_keyed", "origin_id", "destination_id"),
        "paid": {"int_transactions_keyed.transaction_type"},
        "received": {"int_transactions_keyed.transaction_type"},
        "paid_amount": _of("int_transactions_keyed", "transaction_type", "amount"),
        "received_amount": _of("int_transactions_keyed", "transaction_type", "amount"),
        "paid_amount_squared": _of("int_transactions_keyed", "transaction_type", "amount"),
        "near_threshold": {"int_transactions_keyed.amount"},
    },
    "int_conditions_grouped": {
        "patient_id": {"stg_synthea__conditions.patient_id"},
        "cohort": {"chronic_condition_codes.cohort"},
        "onset_date": {"stg_synthea__conditions.onset_date"},
        "is_active": {"stg_synthea__conditions.resolved_date", "int_calendar_as_of.as_of_date"},
    },
    "fct_daily_funnel": {
        "session_date": {"fct_sessions.session_date"},
        "bot_session_count": {"fct_sessions.is_bot"},
        "session_count": {"fct_sessions.is_bot"},
        "viewed_count": _of("fct_sessions", "has_viewed", "is_bot"),
        "carted_count": _of("fct_sessions", "has_carted", "is_bot"),
        "bought_count": _of("fct_sessions", "has_bought", "is_bot"),
        "any_purchase_count": _of("fct_sessions", "transaction_count", "is_bot"),
        "view_to_cart_rate": _of("fct_sessions", "has_carted", "has_viewed", "is_bot"),
        "cart_to_purchase_rate": _of("fct_sessions", "has_bought", "has_carted", "is_bot"),
        "view_to_purchase_rate": _of("fct_sessions", "has_bought", "has_viewed", "is_bot"),
    },
    "dim_parts": {
        **_same(
            "stg_tpch__parts",
            "part_id", "part_name", "manufacturer", "brand", "part_type", "part_size", "container", "retail_price_usd",
        ),
        "is_promotion": {"stg_tpch__parts.part_type"},
    },
    "dim_trade_customers": {
        **_same(
            "stg_tpch__customers",
            "customer_id", "customer_name", "customer_address", "phone", "account_balance_usd", "market_segment",
        ),
        **_same("stg_tpch__nations", "nation_name", "region_name"),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def events(built: Released) -> list[dict[str, Any]]:
    """What publishing this repository's own project tells."""
    told: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_WAREHOUSE", ".")
        patch.setenv("DATAOPS_HASH_SALT", SALT)
        shop = Shop(built.folder, built.folder)
        project, settings = shop.project(), config.load(shop.root)
        with project.entered():
            state = State(settings.state)
            release, bundle = state.release(str(state.current())), state.bundle()
            assert release is not None
            assert bundle is not None
            teller = Teller(lambda event: told.append(dict(event)), project, settings, "publish", "prod")
            teller.start()
            teller.published(release, bundle)
            teller.end(good=True)
    return told


@pytest.mark.parametrize("model", BY_HAND)
def test_columns_come_from_where_a_person_says(model: str, events: list[dict[str, Any]]) -> None:
    [output] = [each for event in events for each in event["outputs"] if each["name"].rsplit(".", 1)[-1] == model]
    found = {
        column: {f"{each['name'].rsplit('.', 1)[-1]}.{each['field']}" for each in fields["inputFields"]}
        for column, fields in output["facets"]["columnLineage"]["fields"].items()
    }
    assert found == BY_HAND[model]


def test_every_event_of_the_project_keeps_the_official_schemas(events: list[dict[str, Any]]) -> None:
    # The client adds this to what it sends.
    for each in events:
        valid_event({"schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", **each})
    assert len([each for each in events if each["outputs"]]) > 80
    assert SALT not in str(events)
