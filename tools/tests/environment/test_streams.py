"""No run ends for what its output's encoding lacks, or for a reader who has gone."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops.cli import main
from dataops.environment import streams
from tests.shop import Shop

ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8")


def printed(
    shop: Shop, encoding: str, monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int | str | None, str, str]:
    """What a command prints to streams of an encoding: its exit code, and both."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2))
    monkeypatch.chdir(shop.root)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as end:
            main(list(words))
        out.flush()
        err.flush()
    # An ASCII stream click replaces by one of UTF-8 for what it writes itself.
    read = [each.buffer.getvalue().decode("utf-8" if encoding == "ascii" else encoding) for each in (out, err)]  # type: ignore[attr-defined]
    return end.value.code, read[0], read[1]


def test_any_encoding_will_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("models/marts/größe.sql", "select 1 as größe, '文字 → é' as 名\n")
    expected = shop.plan()
    for encoding in ENCODINGS:
        code, out, err = printed(shop, encoding, monkeypatch, "plan", "--format", "json")
        assert (code, err) == (0, ""), encoding
        assert json.loads(out) == expected, encoding
    for encoding in ("ascii", "cp1252"):
        code, out, err = printed(shop, encoding, monkeypatch, "plan")
        assert (code, err) == (0, ""), encoding
        assert "Runs 1 model" in out
    code, out, err = printed(shop, "ascii", monkeypatch, "diff", "prod.main.größe", "prod.main.größe → 文")
    assert code == 2
    assert err.startswith("error: the relation prod.main.gr\\u00f6\\u00dfe")
    assert "defect" not in err


@given(st.text(), st.sampled_from(ENCODINGS))
def test_json_says_the_same_in_any_encoding(text: str, encoding: str) -> None:
    streams.prepare()
    document = json.dumps({"→": [text]}, ensure_ascii=False)
    assert json.loads(document.encode(encoding, "dataops").decode(encoding)) == {"→": [text]}


def test_signs_of_ours_stay_readable() -> None:
    streams.prepare()
    assert "a → b … 2 − 1 ✓ é".encode("ascii", "dataops") == b"a -> b ... 2 - 1 ok \\u00e9"


def test_a_reader_who_has_gone_ends_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dataops deploy | head -0`: it is released, and the exit code says so."""
    reader, writer = os.pipe()
    os.close(reader)
    shop.publish(2)
    monkeypatch.chdir(shop.root)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as end:
            main(["deploy"])
    assert end.value.code == 0
    assert shop.edition() == 2
    assert shop.ok("releases", "--format", "json").json["releases"][-1]["live"]
