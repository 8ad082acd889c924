"""What is new in a release and what it took over, node by node: kept in its bundle, for whoever is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from dataops.breaker.pauses import BUILT, Hold
from dataops.errors import StateError
from dataops.project import statuses
from dataops.project.outcome import Outcome

FILE = "contents.json"
"""The bundle's file that says it."""


@dataclass(frozen=True)
class Fresh:
    """A node that was built. `rows` of its table; None of a view, and where nobody counted."""

    unique_id: str
    rows: int | None


@dataclass(frozen=True)
class Old:
    """A node that stays as it was, and why."""

    unique_id: str
    why: str


@dataclass(frozen=True)
class Contents:
    """`nodes`: whose new data is live with the release; `held`: what a pause keeps as it was."""

    nodes: tuple[Fresh, ...] = ()
    held: tuple[Old, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome, holds: Iterable[Hold], rows: Mapping[str, int]) -> Contents:
        """What a run makes of a release."""
        why: dict[str, str] = {}
        for each in holds:
            for uid in each.holds:
                if uid.split(".", 1)[0] in BUILT:
                    why.setdefault(uid, each.pause.reason)
        done = sorted({each.unique_id for each in outcome.results if is_built(each.kind, each.status)} - why.keys())
        return cls(tuple(Fresh(uid, rows.get(uid)) for uid in done), tuple(Old(*each) for each in sorted(why.items())))

    @classmethod
    def read(cls, bundled: Callable[[str], bytes | None], source: str) -> Contents:
        """What a release's bundle says; of one by an earlier version no more than which nodes were built.

        Raises:
            StateError: it cannot be read.
        """
        content = bundled(FILE)
        try:
            if content is not None:
                found = json.loads(content)
                nodes = tuple(Fresh(**each) for each in found["nodes"])
                return cls(nodes, tuple(Old(**each) for each in found["held"]))
            results = json.loads(bundled("run_results.json") or b'{"results": []}')["results"]
            held = json.loads(bundled("held.json") or b'{"held": []}')["held"]
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"{FILE} in {source} is damaged: {error}", "release anew: `dataops deploy`") from error
        done = {each["unique_id"] for each in results if is_built(each["unique_id"].split(".")[0], each["status"])}
        old = [uid for uid in held if uid.split(".", 1)[0] in BUILT]
        return cls(
            tuple(Fresh(uid, None) for uid in sorted(done - set(old))), tuple(Old(uid, "") for uid in sorted(old))
        )

    def packed(self) -> bytes:
        """As the bundle's file."""
        return json.dumps({"format": 1, **asdict(self)}).encode()


def is_built(kind: str, status: str) -> bool:
    """Whether a result is that of a relation that was made."""
    return kind in BUILT and status in statuses.GOOD
