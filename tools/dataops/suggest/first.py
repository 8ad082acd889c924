"""A test belongs where its column comes in: what is passed on unchanged is not tested again in every model below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dataops.suggest import naming
from dataops.suggest.chosen import Chosen
from dataops.suggest.facts import Proposal
from dataops.suggest.vocabulary import Vocabulary, kind

_AGAIN = frozenset({"unique", "combination", "volume", "lateness"})
"""What a model may break by itself, with a join for one, and is tested in each."""


def only(proposals: Sequence[Proposal], these: Chosen, words: Vocabulary) -> Iterator[Proposal]:
    """Those that no relation above the node has for a column of the same name, proposed or written."""
    proposed = {(each.unique_id, _meaning(each), (each.column or "").lower()) for each in proposals}
    for each in proposals:
        meaning, column = _meaning(each), (each.column or "").lower()
        key = meaning == "not_null" and naming.is_key(column)
        # A mart refers to other marts: its parent is another than that of the models above.
        mart = meaning == "relationships" and naming.layer(these.names[each.unique_id], "model") == naming.MART
        if (
            meaning in _AGAIN
            or key
            or mart
            or not any(
                (uid, meaning, column) in proposed or words.has(uid, meaning, each.column)
                for uid in these.above[each.unique_id]
            )
        ):
            yield each


def _meaning(proposal: Proposal) -> str:
    return kind(proposal.test.rsplit(".", 1)[-1])
