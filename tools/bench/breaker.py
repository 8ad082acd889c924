"""What every build pays for the breaker: reading its records, with none, and after so many incidents.

python -m bench.breaker    in tools; a folder on this disk, best of five
"""

from __future__ import annotations

import tempfile
import time

from dataops.breaker.ledger import Ledger

INCIDENTS = (0, 1, 10, 100, 1000)


def main() -> None:
    for number in INCIDENTS:
        with tempfile.TemporaryDirectory() as place:
            ledger = Ledger(place)
            for each in range(number):
                pause = ledger.pause(f"model.shop.m{each}", "a bad day", "bench")
                ledger.resume(pause, "mended", "bench")
            seconds = []
            for _ in range(5):
                started = time.perf_counter()
                ledger.read()
                seconds.append(time.perf_counter() - started)
        print(f"| {number:,} incidents that ended | {min(seconds):.4f} |")


if __name__ == "__main__":
    main()
