"""What of a change is paused in production."""

from __future__ import annotations

from dataops.output.page import values
from dataops.output.page.blocks import Section, items, line
from dataops.output.paused import in_a_word
from dataops.review.verdict import Review


def paused(review: Review) -> list[Section]:
    """Each pause that holds something of what was built."""
    if not review.paused:
        return []
    said = [line(values.prose(in_a_word(each))) for each in review.paused]
    return [Section("what is paused", line("Paused in production"), (items(said),), weight=7)]
