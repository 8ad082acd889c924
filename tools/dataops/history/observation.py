"""What dbt says of a node while it runs, and the manifest with it, as a record of the history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from dataops.history import nodes
from dataops.history.files import now
from dataops.history.journals import Started
from dataops.history.names import short
from dataops.history.records import Freshness, Result
from dataops.project import statuses
from dataops.project.closure import reached
from dataops.project.outcome import NOTHING_LOADED, NodeResult
from dataops.sql.privacy import TAGS, marks

_LONGEST = 5_000
_SAID_ANYWAY = frozenset((*statuses.GOOD, *statuses.OFFENDING, *statuses.SKIPPED, *statuses.IDLE))
"""After these dbt speaks of how many rows, and of none."""

_VALUES = re.compile(
    r"""'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*"|(?<==)\s*\([^\n]*\)|(?<=contains)\s*\([^\n]*\)|[^\s()]*@[^\s()]*|[\d.,:/+-]*\d[\d.,:/+-]{4,}"""
)
"""How databases show values in errors: in quotes, `Key (email)=(…)`, `Failing row contains (…)`, bare numbers."""


_OF_CODE = ("raw_code", "compiled_code", "original_file_path", "relation_name")


def message(whole: Any, unique_id: str, status: str, text: str | None) -> str | None:
    """A node's message. `whole`: the project's manifest; None where it is not known, and anything can be personal.

    What the message shows and the node's code does not say is a value: in an error of a node that reads personal
    columns it is left out.
    """
    text = (text or "").strip()
    if text and status not in _SAID_ANYWAY and (whole is None or reads_personal(whole, unique_id)):
        node = nodes.find(whole, unique_id) if whole is not None else None
        codes = (
            getattr(node, each, None) for each in ("raw_code", "compiled_code", "original_file_path", "relation_name")
        )
        code = "\n".join(str(each) for each in codes if each)
        text = _VALUES.sub(lambda found: found[0] if _inner(found[0]) in code else "…", text)
    return text[:_LONGEST] or None


def _inner(shown: str) -> str:
    return shown.strip().strip("'\"")


def reads_personal(manifest: Any, unique_id: str) -> bool:
    """Whether a node, or anything above it, has a column that is tagged as personal; any node that is not known may."""
    if nodes.find(manifest, unique_id) is None:
        return True

    def parents(each: str) -> list[str]:
        return getattr(getattr(nodes.find(manifest, each), "depends_on", None), "nodes", None) or []

    return any(
        TAGS & marks(column.to_dict() if hasattr(column, "to_dict") else column)
        for each in reached([unique_id], parents)
        for column in (getattr(nodes.find(manifest, each), "columns", None) or {}).values()
    )


_LONGEST_SQL = 20_000
_NANOSECONDS = re.compile(r"(\.\d{6})\d+")
_NOTHING_WRONG = frozenset((*statuses.PASSED, *statuses.SKIPPED, *statuses.IDLE))


def finished(invocation_id: str, manifest: Any, whole: Any, data: Any) -> Result:
    """A node's result from the data of dbt's event `NodeFinished`. `whole`: what `manifest` may be a slice of."""
    about, ran = data.node_info, data.run_result
    facts = nodes.node(manifest, about.unique_id)
    tells_failures = facts["kind"] in ("test", "unit_test") and ran.status in statuses.COUNTED
    rows = ran.adapter_response.fields.get("rows_affected")
    return Result(
        invocation_id=invocation_id,
        unique_id=about.unique_id,
        status=ran.status or about.node_status,
        message=message(whole, about.unique_id, ran.status, ran.message),
        started_at=when(about.node_started_at),
        finished_at=when(about.node_finished_at),
        seconds=ran.execution_time,
        compile_seconds=sum_of(ran.timing_info, "compile"),
        thread=ran.thread or None,
        rows_affected=affected(rows.number_value if rows is not None else None),
        failures=ran.num_failures if tells_failures else None,
        compiled_sql=compiled(manifest, about.unique_id, ran.status),
        **facts,
    )


def begun(event: Any) -> Started:
    """A node that begins, from dbt's event `NodeStart`."""
    about = event.data.node_info
    began = when(about.node_started_at)
    name = short(about.unique_id) if about.resource_type == "model" else about.node_name
    return Started(about.unique_id, name, about.resource_type, began, event.info.thread or None)


def unannounced(invocation_id: str, manifest: Any, whole: Any, result: NodeResult) -> Result:
    """A node's result of which no event told: one that dbt gave up before it began."""
    facts = nodes.node(manifest, result.unique_id)
    return Result(
        invocation_id=invocation_id,
        unique_id=result.unique_id,
        status=result.status,
        message=message(whole, result.unique_id, result.status, result.message),
        seconds=result.seconds,
        failures=result.failures,
        compiled_sql=compiled(manifest, result.unique_id, result.status),
        **facts,
    )


def checked(invocation_id: str, manifest: Any, data: Any) -> Freshness:
    """A source from the data of dbt's event `NodeFinished`, which does not tell its age: what a killed run leaves."""
    about, ran = data.node_info, data.run_result
    result = NodeResult(
        about.unique_id, about.node_name, "source", ran.status, ran.message, ran.execution_time, None, about.node_path
    )
    return aged(invocation_id, manifest, result)


def aged(invocation_id: str, manifest: Any, result: NodeResult) -> Freshness:
    """A source whose freshness was checked."""
    found, age = nodes.find(manifest, result.unique_id), result.age
    limits = getattr(found, "freshness", None)
    return Freshness(
        invocation_id=invocation_id,
        unique_id=result.unique_id,
        status=result.status,
        message=message(manifest, result.unique_id, result.status, result.message),
        max_loaded_at=when(age.loaded_at) if age else None,
        checked_at=when(age.checked_at) if age else now(),
        age_seconds=age.seconds if age else None,
        warn_after_seconds=nodes.limit(getattr(limits, "warn_after", None)),
        error_after_seconds=nodes.limit(getattr(limits, "error_after", None)),
        seconds=result.seconds,
        **nodes.source(manifest, result.unique_id),
    )


def age(loaded_at: datetime | None, seconds: float | None) -> dict[str, Any]:
    """A source's age as columns of `Freshness`, from what is stored: dbt says the year 1 of one without rows."""
    if loaded_at is not None and loaded_at.year == 1:
        return {"message": NOTHING_LOADED}
    return {"max_loaded_at": loaded_at, "age_seconds": seconds}


def compiled(manifest: Any, unique_id: str, status: str) -> str | None:
    """The SQL of a test that did not pass."""
    node = manifest.nodes.get(unique_id)
    if node is None or status in _NOTHING_WRONG or str(node.resource_type) != "test":
        return None
    return bounded_sql(getattr(node, "compiled_code", None))


def bounded_sql(sql: str | None) -> str | None:
    """Compiled SQL of bounded length."""
    return (sql or "").strip()[:_LONGEST_SQL] or None


def affected(rows: Any) -> int | None:
    """Rows as an adapter tells them: some say -1 for what they do not know."""
    return int(rows) if isinstance(rows, int | float) and rows >= 0 else None


def sum_of(timings: Iterable[Any], name: str) -> float | None:
    """Seconds of the timings of a name; None if there are none."""
    spans = [(_instant(each.started_at), _instant(each.completed_at)) for each in timings if each.name == name]
    done = [(ended - began).total_seconds() for began, ended in spans if began and ended]
    return sum(done) if done else None


def _instant(given: Any) -> datetime | None:
    if hasattr(given, "ToDatetime"):
        instant: datetime = given.ToDatetime()
        return instant if instant.year > 1970 else None
    return when(given)


def when(given: Any) -> datetime | None:
    """A time as dbt writes it: UTC, with a zone or without; dbt 2 tells nanoseconds."""
    if not given:
        return None
    text = _NANOSECONDS.sub(r"\1", str(given)).replace("Z", "+00:00")
    at = given if isinstance(given, datetime) else datetime.fromisoformat(text)
    return at.astimezone(timezone.utc).replace(tzinfo=None) if at.tzinfo else at
