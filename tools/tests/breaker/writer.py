"""What one of many processes does to one node at the same time as the others."""

from __future__ import annotations

from dataops.breaker.ledger import Ledger


def write(location: str, node: str, looks: bool) -> None:
    """Pause a node, end that again (and with `looks` whatever else is in force there by now), and pause once more."""
    ledger = Ledger(location)
    own = ledger.pause(node, "first", "writer")
    seen = [each for each in ledger.read().pauses if each.node == node] if looks else [own]
    for pause in seen:
        ledger.resume(pause, "seen", "writer")
    ledger.pause(node, "second", "writer")
