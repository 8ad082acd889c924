"""The recommendations application as a whole: its seeds, its figures, its incremental model, its documentation."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from tests.applications import recommendations_by_hand as by_hand
from tests.applications.sample import ROOT, Copy

SEEDS = ROOT / "seeds" / "recommendations"
GENERATOR = ROOT / "tools" / "seeds" / "retailrocket.py"
LATE_ROWS = 9  # at the end of the events: see the seed generator
NOW_MS = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp() * 1000)  # any moment between the seeds and 2085


@pytest.fixture(scope="module")
def sessions() -> dict[tuple[str, int], list[by_hand.Event]]:
    return by_hand.sessions(by_hand.events(by_hand.read(SEEDS / "retailrocket_events.csv"), NOW_MS))


def test_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, GENERATOR, tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert written == {path.name: path.read_bytes() for path in SEEDS.glob("retailrocket_*.csv")}


def test_large_data_has_the_names_and_the_size_that_were_asked_for(tmp_path: Path) -> None:
    subprocess.run([sys.executable, GENERATOR, tmp_path, "--events", "20000", "--parquet"], check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"events.parquet", "item_properties.parquet"}
    counted = duckdb.execute(f"select count(*) from '{tmp_path}/events.parquet'").fetchall()
    assert 20_000 <= counted[0][0] < 22_000


def test_planted_defects_are_the_only_warnings(built: Copy) -> None:
    assert built.warnings("recommendations") == {
        "assert_events_are_sent_once": 3,
        "assert_events_are_not_in_the_future": 2,
        "assert_transactions_have_an_order": 2,
        "event_types_are_known": 1,
        "assert_visitors_are_people": 4,
    }


def test_each_rule_finds_its_bot(built: Copy) -> None:
    reasons = dict(
        built.rows(
            "select visitor_id, bot_reason from main_recommendations_intermediate.int_visitors_flagged where is_bot"
        )
    )
    assert reasons == {
        "8001": "too_many_events_in_a_session",
        "8002": "too_many_events_in_an_hour",
        "8003": "views_faster_than_a_person",
        "8004": "views_of_too_many_items_only",
    }


def test_sessions_agree_with_a_walk_by_hand(built: Copy, sessions: dict[tuple[str, int], list[by_hand.Event]]) -> None:
    found = built.rows(
        """
        select
            visitor_id, epoch_ms(session_started_at), epoch_ms(session_ended_at), event_count, item_count, view_count,
            addtocart_count, transaction_count, is_bot
        from main_recommendations_marts.fct_sessions
        """
    )
    guilty = by_hand.bots(sessions)
    expected = set()
    for (visitor, start), own in sessions.items():
        kinds = Counter(event[2] for event in own)
        counts = (kinds["view"], kinds["addtocart"], kinds["transaction"])
        items = len({event[3] for event in own})
        expected.add((visitor, start, max(own)[0], len(own), items, *counts, visitor in guilty))
    assert set(found) == expected
    assert len(found) == len(expected)
    day = 86_400_000
    assert sum(row[1] // day < row[2] // day for row in found) >= 2, "no session of the seeds runs over midnight"


def test_pairs_agree_with_a_count_by_hand(built: Copy, sessions: dict[tuple[str, int], list[by_hand.Event]]) -> None:
    expected = by_hand.pairs(sessions, by_hand.bots(sessions))
    found = built.rows(
        "select item_id, other_item_id, session_count, confidence, lift from main_recommendations_marts.fct_item_pairs"
    )
    assert {(one, other) for one, other, *_ in found} == set(expected)
    for one, other, count, confidence, lift in found:
        assert (count, float(confidence), float(lift)) == pytest.approx(expected[one, other], abs=1e-6)


def test_late_events_leave_incremental_and_full_builds_alike(built: Copy, tmp_path: Path) -> None:
    project = Copy.of(tmp_path, "recommendations")
    events = project.folder / "seeds" / "recommendations" / "retailrocket_events.csv"
    whole = events.read_text()
    build = ("build", "--select", "+fct_sessions", "--exclude-resource-type", "test", "unit_test")
    relations = ("main_recommendations_intermediate.int_events_sessionised", "main_recommendations_marts.fct_sessions")

    events.write_text("".join(whole.splitlines(keepends=True)[:-LATE_ROWS]))
    project.dbt(*build)
    early = [project.content(relation) for relation in relations]
    events.write_text(whole)
    project.dbt(*build)
    incremental = [project.content(relation) for relation in relations]

    assert len(incremental[0]) == len(early[0]) + LATE_ROWS
    assert incremental == [built.content(relation) for relation in relations]
    starts = {row[0]: row[-1] for row in incremental[0]}
    assert sum(starts[row[0]] != row[-1] for row in early[0]) == 2, "late events move the start of sessions held"
