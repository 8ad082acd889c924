"""A test belongs where its column comes in: what is passed on unchanged is not tested again in every model below."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from dataops.suggest import naming
from dataops.suggest.facts import Proposal
from dataops.suggest.vocabulary import Vocabulary, kind

_AGAIN = frozenset({"unique", "combination", "relationships", "volume", "lateness"})
"""What a model may break by itself, with a join for one, and is tested in each."""


def only(proposals: Sequence[Proposal], above: Mapping[str, Collection[str]], words: Vocabulary) -> Iterator[Proposal]:
    """Those that no relation above the node has for a column of the same name, proposed or written."""
    proposed = {(each.unique_id, _meaning(each), (each.column or "").lower()) for each in proposals}
    for each in proposals:
        meaning, column = _meaning(each), (each.column or "").lower()
        key = meaning == "not_null" and naming.is_key(column)
        if (
            meaning in _AGAIN
            or key
            or not any(
                (uid, meaning, column) in proposed or words.has(uid, meaning, each.column)
                for uid in above[each.unique_id]
            )
        ):
            yield each


def _meaning(proposal: Proposal) -> str:
    return kind(proposal.test.rsplit(".", 1)[-1])
