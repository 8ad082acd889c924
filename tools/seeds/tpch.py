"""Writes the supply chain seeds: a small, invented wholesaler in the layout of the TPC-H tables.

    python tools/seeds/tpch.py [FOLDER] [--times N]

`--times 100` places a hundred times as many orders: docs/one-machine.md has figures of them. The output depends on
nothing but this file: no clock, no network, no package. Orders stand in the order in which they were placed, and the
lines of the last ones stand at the end of `tpch_lineitem.csv`. As in TPC-H, a line is shipped 1 to 121 days after the
order and received 1 to 30 days later, and has its dates before they have come. The defects that the tests are meant to
find are planted by `plant_defects`, each of them by hand.
"""

from __future__ import annotations

import argparse
import csv
import random
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY, LAST_DAY = date(1997, 2, 3), date(1998, 8, 2)  # of the orders; TPC-H ends on the same day
SUPPLIERS, PARTS, CUSTOMERS, ORDERS = 12, 40, 30, 460
Row = dict[str, str]

HEADERS = {
    "region": "r_regionkey r_name r_comment",
    "nation": "n_nationkey n_name n_regionkey n_comment",
    "supplier": "s_suppkey s_name s_address s_nationkey s_phone s_acctbal s_comment",
    "part": "p_partkey p_name p_mfgr p_brand p_type p_size p_container p_retailprice p_comment",
    "partsupp": "ps_partkey ps_suppkey ps_availqty ps_supplycost ps_comment",
    "customer": "c_custkey c_name c_address c_nationkey c_phone c_acctbal c_mktsegment c_comment",
    "orders": "o_orderkey o_custkey o_orderstatus o_totalprice o_orderdate o_orderpriority o_clerk o_shippriority "
    "o_comment",
    "lineitem": "l_orderkey l_partkey l_suppkey l_linenumber l_quantity l_extendedprice l_discount l_tax l_returnflag "
    "l_linestatus l_shipdate l_commitdate l_receiptdate l_shipinstruct l_shipmode l_comment",
}

REGIONS = {
    "AFRICA": ["ALGERIA", "ETHIOPIA", "KENYA", "MOROCCO", "MOZAMBIQUE"],
    "AMERICA": ["ARGENTINA", "BRAZIL", "CANADA", "PERU", "UNITED STATES"],
    "ASIA": ["CHINA", "INDIA", "INDONESIA", "JAPAN", "VIETNAM"],
    "EUROPE": ["FRANCE", "GERMANY", "ROMANIA", "RUSSIA", "UNITED KINGDOM"],
    "MIDDLE EAST": ["EGYPT", "IRAN", "IRAQ", "JORDAN", "SAUDI ARABIA"],
}
SEGMENTS = ["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"]
PRIORITIES = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"]
MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]
INSTRUCTIONS = ["COLLECT COD", "DELIVER IN PERSON", "NONE", "TAKE BACK RETURN"]
COLOURS = ["amber", "azure", "forest", "green", "ivory", "khaki", "lemon", "olive", "plum", "rose", "sienna", "teal"]
TYPES = [
    ["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
    ["ANODIZED", "BRUSHED", "BURNISHED", "PLATED", "POLISHED"],
    ["BRASS", "COPPER", "NICKEL", "STEEL", "TIN"],
]
CONTAINERS = [["SM", "MED", "LG", "JUMBO", "WRAP"], ["BAG", "BOX", "CAN", "CASE", "DRUM", "JAR", "PACK", "PKG"]]
NEW_SUPPLIER, NEW_FOR_DAYS = 12, 38  # so new that few of its receipts are known


class _Wholesaler:
    """Who supplies, buys and orders what, as rows by table."""

    def __init__(self, orders: int = ORDERS, first_day: date = FIRST_DAY, last_day: date = LAST_DAY) -> None:
        self.orders, self.first_day, self.last_day = orders, first_day, last_day
        self.rng = random.Random(19980802)
        self.tables: dict[str, list[Row]] = {name: [] for name in HEADERS}

    def add(self, table: str, **values: object) -> Row:
        row = dict.fromkeys(HEADERS[table].split(), "")
        row.update({name: str(value) for name, value in values.items()})
        self.tables[table].append(row)
        return row

    def money(self, low: float, high: float) -> str:
        return f"{self.rng.uniform(low, high):.2f}"

    def phone(self, nation: int) -> str:
        rng = self.rng
        return f"{nation + 10}-{rng.randint(100, 999)}-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"

    def add_world(self) -> None:
        nations = [(name, region) for region, names in enumerate(REGIONS.values()) for name in names]
        for key, name in enumerate(REGIONS):
            self.add("region", r_regionkey=key, r_name=name)
        for key, (name, region) in enumerate(nations):
            self.add("nation", n_nationkey=key, n_name=name, n_regionkey=region)

    def add_partners(self) -> None:
        for key in range(1, SUPPLIERS + 1):
            nation = self.rng.randrange(25)
            self.add("supplier", s_suppkey=key, s_name=f"Supplier#{key:09}", s_address=f"{key} Harbour Road",
                     s_nationkey=nation, s_phone=self.phone(nation), s_acctbal=self.money(-900, 9900))  # fmt: skip
        for key in range(1, CUSTOMERS + 1):
            nation = self.rng.randrange(25)
            self.add("customer", c_custkey=key, c_name=f"Customer#{key:09}", c_address=f"{key} Market Street",
                     c_nationkey=nation, c_phone=self.phone(nation), c_acctbal=self.money(-900, 9900),
                     c_mktsegment=self.rng.choice(SEGMENTS))  # fmt: skip

    def add_parts(self) -> None:
        """Each part comes from two suppliers, and stock runs from none to more than a year of demand."""
        rng = self.rng
        for key in range(1, PARTS + 1):
            maker = rng.randint(1, 5)
            self.add(
                "part", p_partkey=key, p_name=" ".join(rng.sample(COLOURS, 3)), p_mfgr=f"Manufacturer#{maker}",
                p_brand=f"Brand#{maker}{rng.randint(1, 5)}", p_type=" ".join(rng.choice(words) for words in TYPES),
                p_size=rng.randint(1, 50), p_container=" ".join(rng.choice(words) for words in CONTAINERS),
                p_retailprice=f"{900 + key + key % 7 * 20:.2f}",
            )  # fmt: skip
            for supplier in self.suppliers(key):
                stock = 0 if rng.random() < 0.05 else rng.randint(5, 450)
                self.add("partsupp", ps_partkey=key, ps_suppkey=supplier, ps_availqty=stock,
                         ps_supplycost=self.money(100, 900))  # fmt: skip

    def suppliers(self, part: int) -> tuple[int, int]:
        return part % SUPPLIERS + 1, (part + 1 + part // SUPPLIERS) % SUPPLIERS + 1

    def add_orders(self) -> None:
        """The last tenth of the customers and the last part are ordered by nobody and never."""
        days = (self.last_day - self.first_day).days
        placed = sorted(self.first_day + timedelta(days=self.rng.randint(0, days)) for _ in range(self.orders - 1))
        for number, day in enumerate([*placed, self.last_day]):
            key = number // 8 * 32 + number % 8 + 1  # TPC-H uses the first 8 of each 32 keys
            order = self.add(
                "orders", o_orderkey=key, o_custkey=self.rng.randint(1, CUSTOMERS * 9 // 10), o_orderdate=day,
                o_orderpriority=self.rng.choice(PRIORITIES), o_clerk=f"Clerk#{self.rng.randint(1, 9):09}",
                o_shippriority=0,
            )  # fmt: skip
            lines = [self.line(key, line, day) for line in range(1, self.rng.choice([1, 2, 2, 3, 3, 4, 5, 6]) + 1)]
            states = {line["l_linestatus"] for line in lines}
            order["o_orderstatus"] = states.pop() if len(states) == 1 else "P"
            order["o_totalprice"] = f"{sum(map(_charged, lines)) / 100:.2f}"

    def line(self, order: int, number: int, placed: date) -> Row:
        rng = self.rng
        part = min(rng.randint(1, PARTS - 1), rng.randint(1, PARTS - 1))  # the first parts sell best
        supplier = rng.choice(self.suppliers(part))
        if supplier == NEW_SUPPLIER and placed < self.last_day - timedelta(days=NEW_FOR_DAYS):
            supplier = next(each for each in self.suppliers(part) if each != NEW_SUPPLIER)
        shipped = placed + timedelta(days=rng.randint(1, 121 if supplier % 3 else 60))
        received = shipped + timedelta(days=rng.randint(1, 30))
        quantity = rng.randint(1, 50)
        price = float(self.tables["part"][part - 1]["p_retailprice"])
        returned = "N" if received > self.last_day else "R" if rng.random() < 0.15 else "A"
        return self.add(
            "lineitem", l_orderkey=order, l_partkey=part, l_suppkey=supplier, l_linenumber=number, l_quantity=quantity,
            l_extendedprice=f"{quantity * price:.2f}", l_discount=f"{rng.randint(0, 10) / 100:.2f}",
            l_tax=f"{rng.randint(0, 8) / 100:.2f}", l_returnflag=returned,
            l_linestatus="O" if shipped > self.last_day else "F", l_shipdate=shipped,
            l_commitdate=placed + timedelta(days=rng.randint(30, 90)), l_receiptdate=received,
            l_shipinstruct=rng.choice(INSTRUCTIONS), l_shipmode=rng.choice(MODES),
        )  # fmt: skip

    def plant_defects(self) -> None:
        """What a real export gets wrong, and what the tests of severity `warn` count."""
        lines, orders, stock = (self.tables[name] for name in ("lineitem", "orders", "partsupp"))
        for place in (100, 400, 700):  # sent twice
            lines.insert(place + 5, dict(lines[place]))
        early = dict(lines[200])  # sent before the receipt was put right: the later one counts
        early["l_receiptdate"] = early["l_shipdate"]
        lines.insert(190, early)
        orders.insert(60, dict(orders[50]))
        stock.append(dict(stock[10]))
        for place in (300, 500, 650):  # shipped before it was ordered
            placed = next(row["o_orderdate"] for row in orders if row["o_orderkey"] == lines[place]["l_orderkey"])
            lines[place]["l_shipdate"] = _days(placed, -9)
        lines[350]["l_receiptdate"] = _days(lines[350]["l_shipdate"], -3)  # received before it was shipped
        lost = dict(lines[40])  # its order was never sent
        lost.update(l_orderkey="9001", l_linenumber="1")
        lines.insert(45, lost)
        lines[600]["l_suppkey"] = "99"  # nobody's
        orders[90]["o_custkey"] = "999"
        orders[120]["o_totalprice"] = f"{float(orders[120]['o_totalprice']) + 500:.2f}"
        for place in (7, 31):
            stock[place]["ps_availqty"] = f"-{25 + place}"
        stock.append({**stock[3], "ps_partkey": "999"})


def _charged(line: Row) -> int:
    """What a line is charged at, in cents, cut as TPC-H cuts it."""
    price, discount, tax = (round(float(line[name]) * 100) for name in ("l_extendedprice", "l_discount", "l_tax"))
    return price * (100 - discount) // 100 * (100 + tax) // 100


def _days(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def ordinary(orders: int = ORDERS, first_day: date = FIRST_DAY, last_day: date = LAST_DAY) -> _Wholesaler:
    """A wholesaler in whose data nothing is wrong yet."""
    wholesaler = _Wholesaler(orders, first_day, last_day)
    wholesaler.add_world()
    wholesaler.add_partners()
    wholesaler.add_parts()
    wholesaler.add_orders()
    return wholesaler


def build(times: int = 1) -> dict[str, list[Row]]:
    """All rows by table, in the order of arrival."""
    wholesaler = ordinary(ORDERS * times)
    wholesaler.plant_defects()
    return wholesaler.tables


def write(folder: Path, times: int = 1) -> None:
    """Write the tables to `folder`, one CSV file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in build(times).items():
        with (folder / f"tpch_{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, HEADERS[name].split(), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2] / "seeds" / "supply_chain"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=here)
    parser.add_argument("--times", type=int, default=1, help="so many times the orders")
    given = parser.parse_args()
    write(given.folder, given.times)
