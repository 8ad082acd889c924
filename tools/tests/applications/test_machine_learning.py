"""The hand-off to machine learning: exports of the shipped project, and the guide's own models trained on them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.applications.sample import ROOT, Released

NODES = ("fct_transaction_features", "fct_transactions", "fct_interactions", "fct_encounters")
GUIDE = ROOT / "docs" / "machine-learning.md"


@pytest.fixture(scope="module")
def handoff(built: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("receiver")
    built.dataops("export", *NODES, "--to", str(folder / "handoff"))
    return folder


def test_the_models_of_the_guide_learn_from_the_exports(handoff: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    said = [
        subprocess.run([sys.executable, "-c", block], cwd=handoff, check=True, capture_output=True, text=True).stdout
        for block in blocks
    ]
    score = re.search(r"average precision (\d\.\d+)", said[0])
    assert score, said[0]
    assert float(score[1]) > 0.3, "by chance it is the share of fraud, a few percent"
    assert re.search(r"hit rate at 20: SVD \d\.\d+", said[1]), said[1]


def test_the_features_say_that_they_hold_nothing_personal(handoff: Path) -> None:
    card = json.loads((handoff / "handoff" / "fct_encounters.card.json").read_text(encoding="utf-8"))
    assert len(card["privacy"]["tagged"]) > 10
    assert card["privacy"]["exposed"] == []
    assert card["owner"]
    assert all(column["description"] for column in card["columns"])


def test_an_export_of_personal_data_says_so(built: Released, tmp_path: Path) -> None:
    said = built.dataops("export", "stg_synthea__patients", "--to", str(tmp_path))
    card = json.loads((tmp_path / "stg_synthea__patients.card.json").read_text(encoding="utf-8"))
    assert "holds personal data" in said
    personal = {each["column"].rsplit(".", 1)[-1] for each in card["privacy"]["exposed"]}
    assert "birth_date" in personal
    assert all(column["earliest"] is None for column in card["columns"] if column["name"] in personal)
