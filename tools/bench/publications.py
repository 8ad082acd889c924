"""Publications on PostgreSQL under readers that never pause, some of them killed: what readers saw, and their waits.

    python tools/bench/publications.py [PUBLICATIONS] [KILLS] [RELATIONS] [SEED]

A server of its own holds a production of tables, views and materialized views in three schemas, each with a row that
says of which release it is, and views outside that read them, with grants. Four readers, each a process of its own,
read without a pause: single statements, prepared ones, long transactions that see one moment, and through the views
outside. Meanwhile one release after the other is published, or an earlier one restored: every fifth is a deploy that
builds all relations anew, the others go back and forth. Some are killed with SIGKILL. No dbt takes part. Ctrl-C ends
it early.

After each one production must be one whole release, the one that the journal says, and grants and outside views be what
they were. Exit code 1 if that, or a reader, ever says otherwise.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dataops.engines.postgres import exchange, publication
from tests import postgres
from tests.engines import readers
from tests.engines.production import Key, Production

SCHEMAS = ("raw", "mart", "Reports")


def relations(number: int, count: int) -> dict[Key, str]:
    """Six tables, three views and a materialized view of every ten."""
    made: dict[Key, str] = {}
    for n in range(count):
        schema, before = SCHEMAS[n % 3], f"r{n - n % 10}"
        below = f"{{in_{SCHEMAS[(n - n % 10) % 3]}}}.{before}"
        if n % 10 < 6:
            made[schema, f"r{n}"] = f"create table {{}} as select {number} as edition, 'x' as filler"
        elif n % 10 < 9:
            made[schema, f"r{n}"] = f"create view {{}} as select edition from {below}"
        else:
            made[schema, f"r{n}"] = f"create materialized view {{}} as select edition from {below}"
    return made


def outside(shop: Production, names: Sequence[str]) -> list[str]:
    """Views of others, with grants."""
    shop.sql("create role analyst; create schema bi; grant usage on schema bi to analyst")
    views = []
    for n in range(8):
        kind = "materialized view" if n == 7 else "view"
        first, second = names[n * 7 % len(names)], names[(n * 11 + 1) % len(names)]
        shop.sql(
            f"create {kind} bi.v{n} as select a.edition from {first} a, {second} b; grant select on bi.v{n} to analyst"
        )
        views.append(f"bi.v{n}")
    for each in names[::4]:
        shop.sql(f"grant select on {each} to analyst; comment on {_kind(shop, each)} {each} is 'by hand'")
    return views


def _kind(shop: Production, name: str) -> str:
    kind = shop.value(f"select relkind from pg_class where oid = '{name}'::regclass")
    return {"r": "table", "v": "view", "m": "materialized view"}[kind]


def around(shop: Production, names: Sequence[str], views: Sequence[str]) -> list[object]:
    """Grants, comments and owners of production and of what is outside, and what the latter says."""
    every = ", ".join(f"'{each}'::regclass" for each in (*names, *views))
    of_relations = "select oid::regclass::text, relkind, relacl::text, relowner, obj_description(oid) from pg_class"
    of_views = "select viewname, definition from pg_views where schemaname = 'bi'"
    of_tables = "select matviewname, definition from pg_matviews where schemaname = 'bi'"
    return [
        shop.sql(f"{of_relations} where oid in ({every}) order by 1"),
        shop.sql(f"{of_views} union all {of_tables} order by 1"),
    ]


def whole(shop: Production, names: Sequence[str], views: Sequence[str]) -> set[int]:
    """The editions that production is of."""
    return {row[0] for row in shop.sql(" union ".join(f"select edition from {each}" for each in (*names, *views)))}


def main(publications: int = 50, kills: int = 20, count: int = 200, seed: int = 1) -> int:
    chance = random.Random(seed)
    wrong: list[str] = []
    spans: list[tuple[float, float, int]] = []
    took: dict[str, list[float]] = {"deploy": [], "restore": []}
    with postgres.serving() as server:
        shop = Production(server, relations(1, count))
        shop.deploy("e1")
        names = [f'"{schema}".{name}' for schema, name in shop.relations]
        views = outside(shop, names)
        before = around(shop, names, views)
        edition, killed, usual = 1, 0, {"deploy": 2.0, "restore": 0.5}
        kinds = {
            "simple": readers.simple(names),
            "prepared": readers.prepared(names),
            "long": readers.long(names),
            "outside": readers.simple(views),
        }
        with tempfile.TemporaryDirectory() as folder, readers.reading(server, Path(folder), kinds) as end:
            done = 0
            with contextlib.suppress(KeyboardInterrupt):
                for turn in range(publications):
                    action = "deploy" if turn % 5 == 0 or not shop.retained() else "restore"
                    live = shop.live
                    if action == "deploy":
                        edition += 1
                        target, shop.relations = f"e{edition}", relations(edition, count)
                    else:
                        target = chance.choice(sorted(shop.retained()))
                    kill = killed < kills and chance.random() < kills / publications * 1.3
                    file = Path(folder) / "span"
                    began = time.time()
                    pid = os.fork()
                    if pid == 0:
                        _run(shop, action, target, file)
                    if kill:
                        # Half of them at any moment, half close to the end, where all is moved.
                        time.sleep(
                            usual[action] * (chance.random() if chance.random() < 0.5 else chance.uniform(0.7, 1.1))
                        )
                        os.kill(pid, signal.SIGKILL)
                    _, status = os.waitpid(pid, 0)
                    now = shop.live
                    if os.WIFSIGNALED(status):
                        killed += 1
                    elif status:
                        wrong.append(
                            f"{action} of {target} ended with {status}: {file.read_text() if file.exists() else ''}"
                        )
                    else:
                        took[action].append(time.time() - began)
                        usual[action] = statistics.median(took[action])
                        begin, finish, attempts = file.read_text().split()
                        spans.append((float(begin), float(finish), int(attempts)))
                        file.unlink()
                    found = whole(shop, names, views)
                    if now not in (live, target) or found != {int(str(now)[1:])}:
                        wrong.append(
                            f"{action} of {target} over {live}: the journal says {now}, relations {sorted(found)}"
                        )
                    if around(shop, names, views) != before:
                        wrong.append(f"{action} of {target}: grants, comments or outside views are not what they were")
                    with shop.held() as store:
                        store.discard()
                        store.forget(3, sorted(store.retained(), key=lambda each: int(each[1:])))
                    done = turn + 1
            seen = end()
    _print(seen, spans, took, killed, done, count, wrong)
    return 1 if wrong or any(each.errors or each.mixed for each in seen) else 0


def _run(shop: Production, action: str, target: str, file: Path) -> None:
    """In a process of its own: a publication, and when its exchange began and ended."""
    perform = exchange.perform

    def timed(*given: object) -> int:
        begin = time.time()
        attempts = perform(*given)  # type: ignore[arg-type]
        file.write_text(f"{begin} {time.time()} {attempts}")
        return attempts

    publication.perform = timed  # type: ignore[assignment]
    code = 3
    try:
        if action == "deploy":
            shop.deploy(target)
        else:
            shop.rollback(target)
        code = 0
    except Exception as error:  # noqa: BLE001
        file.write_text(str(error))
    finally:
        os._exit(code)


def _print(
    seen: Sequence[readers.Seen],
    spans: Sequence[tuple[float, float, int]],
    took: dict[str, list[float]],
    killed: int,
    publications: int,
    count: int,
    wrong: Sequence[str],
) -> None:
    slow = [each for reader in seen for each in reader.slow]
    blocked = [
        max(
            (min(end, finish) - max(begin, start) for start, finish in slow if start < end and finish > begin),
            default=0.0,
        )
        for begin, end, _ in spans
    ]
    print(f"{publications} publications of {count} relations in {len(SCHEMAS)} schemas, {killed} killed")
    for each in seen:
        told = f"{len(each.errors)} errors, {each.mixed} mixed, {each.editions} editions"
        print(f"  {each.kind:<9} {each.reads:>8,} reads, {told}")
        for error in each.errors[:3]:
            print(f"    {error}")
    for action, seconds in took.items():
        if seconds:
            print(f"  {action}: {statistics.median(seconds):.2f} s in the median, {max(seconds):.2f} s at worst")
    tries = [attempts for *_, attempts in spans]
    print(f"  exchange: {_ms([end - begin for begin, end, _ in spans])}; attempts: {max(tries)} at most")
    print(f"  readers waited, by publication: {_ms(blocked)}")
    print(f"  the longest read of all: {1000 * max((end - begin for begin, end in slow), default=0):.0f} ms")
    print(f"  grants, comments, outside views: {'as they were' if not wrong else 'WRONG'}")
    for line in wrong:
        print(f"  WRONG {line}")


def _ms(seconds: Sequence[float]) -> str:
    return f"{1000 * statistics.median(seconds):.0f} ms in the median, {1000 * max(seconds):.0f} at worst"


if __name__ == "__main__":
    try:
        sys.exit(main(*(int(each) for each in sys.argv[1:])))
    finally:
        postgres.stop()
