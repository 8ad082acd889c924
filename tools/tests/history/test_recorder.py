"""What is heard of a run is recorded as that run's, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dataops.config import Settings
from dataops.history.reader import reading
from dataops.history.recorder import Recorder
from dataops.project.outcome import Outcome
from tests.history.made import START, records


def test_a_run_that_cannot_be_described_is_not_another_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deploy around a pause runs twice: the second build must not end the first one's record, or fill it."""
    state = str(tmp_path / "state")
    recorder = Recorder(cast("Any", SimpleNamespace(root=tmp_path)), Settings(state=state), "deploy")
    first = records("first")[0]
    monkeypatch.setattr(Recorder, "_invocation", lambda *_: first)
    monkeypatch.setattr("dataops.history.recorder.survey", lambda *_: ())
    word = SimpleNamespace(info=SimpleNamespace(name="MainReportVersion", invocation_id="first"))
    recorder.began("build", cast("Any", None), None, None, [])
    recorder.happened(word)
    recorder.ended(Outcome((), 1.0))

    def fails(*_: object) -> None:
        raise OSError("no such user")

    monkeypatch.setattr(Recorder, "_invocation", fails)
    recorder.began("build", cast("Any", None), None, None, [])
    planned = SimpleNamespace(
        info=SimpleNamespace(name="ConcurrencyLine", invocation_id="second"),
        data=SimpleNamespace(node_count=77, num_threads=7),
    )
    recorder.happened(planned)
    recorder.ended(Outcome((), 1.0))
    recorder.close("success")
    assert "not all is recorded in the history: OSError: no such user" in capsys.readouterr().err
    with reading(state, tmp_path) as history:
        told = history.connection.execute("select invocation_id, planned, started_at from invocations").fetchall()
    assert told == [("first", first.planned, START)]  # type: ignore[union-attr]
