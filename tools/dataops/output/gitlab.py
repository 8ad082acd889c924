"""Remarks as GitLab's code quality report, which a merge request shows beside the lines."""

from __future__ import annotations

import json

from dataops.output.remarks import Remark, remarks
from dataops.review.verdict import Review

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}
_ANYWHERE = "dataops.yml"
"""Where a remark is shown that belongs to no file: GitLab needs one."""


def review(review: Review, prefix: str = "") -> str:
    """The report's text: a JSON list, one entry per remark."""
    entries = [_entry(each, prefix) for each in remarks(review, prefix)]
    return json.dumps(entries, indent=2, ensure_ascii=True) + "\n"


def _entry(remark: Remark, prefix: str) -> dict[str, object]:
    blocks = remark.source in ("breaking", "build") and remark.level == "error"
    return {
        "description": f"{remark.title}: {remark.message}",
        "check_name": f"{remark.source}/{remark.check}",
        "fingerprint": remark.fingerprint,
        "severity": "critical" if blocks else _SEVERITIES[remark.level],
        "location": {"path": remark.file or prefix + _ANYWHERE, "lines": {"begin": remark.line}},
    }
