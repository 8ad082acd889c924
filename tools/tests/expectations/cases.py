"""Tables and expectations about them, which Great Expectations answered (answers.json) and the imported tests answer.

`python -m bench.expectations record` asks Great Expectations again.
"""

from __future__ import annotations

import math
from typing import Any

COLUMNS = {
    "id": "bigint",
    "whole": "bigint",
    "amount": "double precision",
    "channel": "text",
    "code": "text",
    "a": "double precision",
    "b": "double precision",
    "left_text": "text",
    "right_text": "text",
    "happened_at": "timestamp",
    "select": "text",
    "Größe": "double precision",
}

ROWS: list[list[Any]] = [
    [1, 3, 1.5, "web", "AB-001", 1.0, 1.0, "x", "y", "2024-01-01T00:00:00", "p", 1.0],
    [2, 1, 2.5, "web", "AB-002", 2.0, 1.0, "x", "x", "2024-01-02T00:00:00", "q", 2.0],
    [3, 4, None, "shop", "AB-3", 3.0, None, "y", None, "2024-01-03T12:30:00", "p", None],
    [4, 1, 4.25, None, "ab-004", None, None, None, None, None, None, 3.0],
    [5, 5, 0.5, "shop", "CD-005", 0.5, 0.75, "z", "x", "2024-01-05T00:00:00", "r", 4.0],
    [6, 9, 2.5, "web", None, None, 2.0, None, "y", "2024-01-06T00:00:00", "p", 5.0],
    [7, 2, -1.0, "fax", "it's", 7.0, 7.0, "y", "x", "2024-02-01T00:00:00", "p", 6.0],
    [8, 6, 100.0, "", "é\\d", 8.0, 7.5, "x", "y", "2024-02-02T00:00:00", "q", 7.0],
    [9, 5, 0.0, "Web", "AB-009 ", 9.0, 1.0, "x", "y", "2023-12-31T23:59:59", "q", 8.0],
    [10, 3, 3.0, "1", "true", 10.0, 0.0, "{{x}}", "y", "2024-01-01T00:00:00", "p", 9.0],
]

# 19 of 20 are 1, 6 of 7, 2 of 3 and 3 of 10; the rest of 20 rows is null.
EDGES = {"of_20": (19, 20), "of_7": (6, 7), "of_3": (2, 3), "of_10": (3, 10)}

TABLES: dict[str, dict[str, Any]] = {
    "plain": {"columns": COLUMNS, "rows": ROWS},
    "nothing": {"columns": COLUMNS, "rows": []},
    "voids": {"columns": COLUMNS, "rows": [[number] + [None] * (len(COLUMNS) - 1) for number in range(3)]},
    "edges": {
        "columns": {"id": "bigint", **dict.fromkeys(EDGES, "double precision")},
        "rows": [
            [row, *((1.0 if row < good else 2.0) if row < size else None for good, size in EDGES.values())]
            for row in range(20)
        ],
    },
}

COMPARED = {"type": "comparison", "column": {"name": "whole"}, "operator": ">=", "parameter": 3}
DIFFERENT = {"type": "comparison", "column": {"name": "channel"}, "operator": "!=", "parameter": "web"}
CHOSEN = {"type": "comparison", "column": {"name": "channel"}, "operator": "NOT_IN", "parameter": ["web", "shop"]}
QUOTED = {"type": "comparison", "column": {"name": "select"}, "operator": "IN", "parameter": ["p", "q"]}
FILLED = {"type": "nullity", "column": {"name": "amount"}, "is_null": False}
EMPTY = {"type": "nullity", "column": {"name": "amount"}, "is_null": True}
EITHER = {"type": "or", "conditions": [EMPTY, {"type": "and", "conditions": [COMPARED, QUOTED]}]}
QUERY = {"type": "pass_through", "pass_through_filter": 'whole >= 3 and not channel == "web" and amount in [1.5, 0.5]'}

# Of each expectation some arguments that plain data meets and some that it does not.
GENERAL: dict[str, list[dict[str, Any]]] = {
    "column_values_to_not_be_null": [
        {"column": "id"},
        {"column": "channel"},
        {"column": "channel", "mostly": 0.9},
        {"column": "code", "row_condition": COMPARED},
        {"column": "select", "row_condition": QUOTED},
    ],
    "column_values_to_be_null": [
        {"column": "channel"},
        {"column": "channel", "mostly": 0.1},
        {"column": "amount", "row_condition": EMPTY},
    ],
    "column_values_to_be_unique": [
        {"column": "id"},
        {"column": "amount"},
        {"column": "channel", "mostly": 0.4},
        {"column": "channel", "mostly": 0.5},
        {"column": "amount", "row_condition": EITHER},
        {"column": "Größe"},
    ],
    "column_values_to_be_in_set": [
        {"column": "channel", "value_set": ["web", "shop", "fax", "Web", "", "1"]},
        {"column": "channel", "value_set": ["web", "shop", None]},
        {"column": "whole", "value_set": [1, 2, 3, 4, 5, 6, 9]},
        {"column": "amount", "value_set": [0.5, 2.5], "mostly": 0.3},
        {"column": "code", "value_set": ["it's", "é\\d", "true"], "row_condition": DIFFERENT},
        {"column": "left_text", "value_set": ["x", "{{x}}"], "row_condition": CHOSEN},
        {"column": "channel", "value_set": []},
    ],
    "column_values_to_not_be_in_set": [
        {"column": "channel", "value_set": ["letter"]},
        {"column": "channel", "value_set": ["fax", "Web"]},
        {"column": "whole", "value_set": [7, 8], "row_condition": FILLED},
        {"column": "code", "value_set": ["it's"], "mostly": 0.9},
    ],
    "column_values_to_be_between": [
        {"column": "whole", "min_value": 1, "max_value": 9},
        {"column": "whole", "min_value": 1, "max_value": 9, "strict_min": True},
        {"column": "whole", "min_value": 1, "max_value": 9, "strict_max": True, "mostly": 0.9},
        {"column": "amount", "min_value": 0},
        {"column": "amount", "max_value": 4.25, "mostly": 0.85},
        {"column": "amount", "min_value": 0.5, "max_value": 2.5, "row_condition": QUERY},
        {"column": "happened_at", "min_value": "2024-01-01T00:00:00", "max_value": "2024-02-02T00:00:00"},
        {
            "column": "happened_at",
            "min_value": "2023-12-31T23:59:59",
            "strict_max": True,
            "max_value": "2024-02-03T00:00:00",
        },
        {"column": "Größe", "min_value": 1, "max_value": 9},
    ],
    "column_value_lengths_to_be_between": [
        {"column": "code", "min_value": 3, "max_value": 7},
        {"column": "code", "min_value": 3, "max_value": 7, "strict_max": True},
        {"column": "channel", "min_value": 1, "mostly": 0.8},
        {"column": "code", "max_value": 3},
    ],
    "column_value_lengths_to_equal": [{"column": "select", "value": 1}, {"column": "code", "value": 6, "mostly": 0.6}],
    "column_values_to_match_regex": [
        {"column": "code", "regex": "."},
        {"column": "code", "regex": r"^[A-Z]{2}-\d{3}$"},
        {"column": "code", "regex": r"^[A-Z]{2}-[0-9]{3}", "mostly": 0.4},
        {"column": "code", "regex": r"\\d|'"},
    ],
    "column_values_to_not_match_regex": [
        {"column": "code", "regex": "^ZZ"},
        {"column": "code", "regex": r" $"},
        {"column": "channel", "regex": "^web", "mostly": 0.6},
    ],
    "column_values_to_match_regex_list": [
        {"column": "code", "regex_list": ["^A", "^C"], "match_on": "any"},
        {"column": "code", "regex_list": ["^A", "9"], "match_on": "all", "mostly": 0.1},
        {"column": "select", "regex_list": ["p", "q", "r"]},
    ],
    "column_values_to_not_match_regex_list": [
        {"column": "code", "regex_list": ["^Z", "^Y"]},
        {"column": "code", "regex_list": ["^CD", "'"]},
    ],
    "column_value_z_scores_to_be_less_than": [
        {"column": "amount", "threshold": 3, "double_sided": True},
        {"column": "amount", "threshold": 2, "double_sided": True},
        {"column": "amount", "threshold": 2.5, "double_sided": False, "mostly": 0.8},
        {"column": "whole", "threshold": 1.5, "double_sided": False, "row_condition": COMPARED},
        {"column": "amount", "threshold": -0.5, "double_sided": True},
    ],
    "column_pair_values_to_be_equal": [
        {"column_A": "a", "column_B": "a"},
        {"column_A": "a", "column_B": "b"},
        {"column_A": "a", "column_B": "b", "ignore_row_if": "either_value_is_missing", "mostly": 0.25},
        {"column_A": "a", "column_B": "b", "ignore_row_if": "neither", "mostly": 0.2},
    ],
    "column_pair_values_a_to_be_greater_than_b": [
        {"column_A": "a", "column_B": "b"},
        {"column_A": "a", "column_B": "b", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
        {"column_A": "a", "column_B": "b", "ignore_row_if": "neither", "mostly": 0.5},
        {"column_A": "b", "column_B": "a", "or_equal": False, "row_condition": COMPARED},
    ],
    "column_pair_values_to_be_in_set": [
        {"column_A": "left_text", "column_B": "right_text", "value_pairs_set": [["x", "y"], ["y", "x"]]},
        {
            "column_A": "left_text",
            "column_B": "right_text",
            "value_pairs_set": [
                ["x", "y"],
                ["x", "x"],
                ["y", "x"],
                ["z", "x"],
                ["y", None],
                [None, "y"],
                ["{{x}}", "y"],
            ],
        },
        {
            "column_A": "left_text",
            "column_B": "right_text",
            "value_pairs_set": [["x", "y"]],
            "ignore_row_if": "either_value_is_missing",
            "mostly": 0.4,
        },
    ],
    "compound_columns_to_be_unique": [
        {"column_list": ["id", "channel"]},
        {"column_list": ["left_text", "right_text"]},
        {"column_list": ["left_text", "select"], "ignore_row_if": "any_value_is_missing", "mostly": 0.4},
        {"column_list": ["a", "b"], "ignore_row_if": "never"},
        {"column_list": ["channel", "select"], "row_condition": COMPARED},
    ],
    "select_column_values_to_be_unique_within_record": [
        {"column_list": ["a", "b"]},
        {"column_list": ["a", "b"], "ignore_row_if": "any_value_is_missing"},
        {"column_list": ["a", "b", "amount"], "ignore_row_if": "never", "mostly": 0.6},
        {"column_list": ["left_text", "select"]},
    ],
    "multicolumn_sum_to_equal": [
        {"column_list": ["a", "b"], "sum_total": 2},
        {"column_list": ["a", "b"], "sum_total": 10, "ignore_row_if": "any_value_is_missing", "mostly": 0.25},
        {"column_list": ["a", "b", "amount"], "sum_total": 3.5, "ignore_row_if": "never", "mostly": 0.1},
        {"column_list": ["id", "id"], "sum_total": 2, "row_condition": EITHER},
    ],
    "column_min_to_be_between": [
        {"column": "amount", "min_value": -1, "max_value": 0},
        {"column": "amount", "min_value": -1, "strict_min": True},
        {"column": "happened_at", "min_value": "2023-12-31T23:59:59", "max_value": "2024-01-01T00:00:00"},
        {"column": "amount", "min_value": 0.5, "row_condition": QUERY},
    ],
    "column_max_to_be_between": [
        {"column": "amount", "max_value": 100.0},
        {"column": "amount", "max_value": 100, "strict_max": True},
        {"column": "happened_at", "max_value": "2024-02-01T00:00:00"},
    ],
    "column_mean_to_be_between": [
        {"column": "whole", "min_value": 3.9, "max_value": 3.9},
        {"column": "whole", "min_value": 3.9, "strict_min": True},
        {"column": "a", "min_value": 5.0, "max_value": 5.1},
        {"column": "amount", "max_value": 1.0, "row_condition": QUERY},
    ],
    "column_median_to_be_between": [
        {"column": "whole", "min_value": 3.5, "max_value": 3.5},
        {"column": "amount", "min_value": 2.5, "max_value": 2.5},
        {"column": "amount", "max_value": 2.5, "strict_max": True},
        {"column": "Größe", "min_value": 5, "max_value": 5},
    ],
    "column_sum_to_be_between": [
        {"column": "whole", "min_value": 39, "max_value": 39},
        {"column": "amount", "max_value": 113},
        {"column": "amount", "min_value": 0, "max_value": 0},
    ],
    "column_stdev_to_be_between": [
        {"column": "whole", "min_value": 2.4, "max_value": 2.5},
        {"column": "amount", "max_value": 10},
        {"column": "amount", "min_value": 0, "row_condition": EMPTY},
    ],
    "column_quantile_values_to_be_between": [
        {
            "column": "whole",
            "quantile_ranges": {
                "quantiles": [0.0, 0.25, 0.5, 1.0],
                "value_ranges": [[1, 1], [2, 3], [None, 4], [9, None]],
            },
        },
        {
            "column": "amount",
            "quantile_ranges": {"quantiles": [0.1, 0.5, 0.9], "value_ranges": [[0, 1], [3, 5], [100, 200]]},
            "allow_relative_error": "linear",
        },
        {"column": "amount", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[2.50024, 3]]}},
        {"column": "amount", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[2.5003, 3]]}},
        {"column": "amount", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[None, 2.5]]}},
        {
            "column": "whole",
            "quantile_ranges": {"quantiles": [0.5, 0.5, 0.75], "value_ranges": [[3, 3], [4, 4], [5, 5]]},
            "allow_relative_error": "lower",
        },
        {
            "column": "whole",
            "quantile_ranges": {"quantiles": [0.5, 0.05], "value_ranges": [[3.5, 3.5], [1, 1]]},
            "allow_relative_error": "midpoint",
        },
        {
            "column": "whole",
            "quantile_ranges": {"quantiles": [0.5, 0.3, 0.35], "value_ranges": [[4, 4], [3, 3], [3, 3]]},
            "allow_relative_error": "higher",
        },
    ],
    "column_most_common_value_to_be_in_set": [
        {"column": "channel", "value_set": ["web"]},
        {"column": "channel", "value_set": ["shop", "Web"]},
        {"column": "whole", "value_set": [1], "ties_okay": True},
        {"column": "whole", "value_set": [1, 3, 5]},
        {"column": "select", "value_set": ["p"], "ties_okay": False, "row_condition": COMPARED},
    ],
    "column_unique_value_count_to_be_between": [
        {"column": "channel", "min_value": 6, "max_value": 6},
        {"column": "whole", "min_value": 7, "strict_min": True},
        {"column": "channel", "max_value": 0},
    ],
    "column_proportion_of_unique_values_to_be_between": [
        {"column": "whole", "min_value": 0.7, "max_value": 0.7},
        {"column": "channel", "min_value": 0.7},
        {"column": "channel", "max_value": 0, "row_condition": DIFFERENT},
    ],
    "column_proportion_of_non_null_values_to_be_between": [
        {"column": "channel", "min_value": 0.9, "max_value": 0.9},
        {"column": "channel", "min_value": 0.9, "strict_min": True},
    ],
    "column_distinct_values_to_be_in_set": [
        {"column": "select", "value_set": ["p", "q", "r", "s"]},
        {"column": "whole", "value_set": [1, 2, 3]},
        {"column": "select", "value_set": ["p", "q"], "row_condition": QUOTED},
    ],
    "column_distinct_values_to_contain_set": [
        {"column": "select", "value_set": ["p", "q"]},
        {"column": "whole", "value_set": [1, 7, 8]},
        {"column": "channel", "value_set": ["{{x}}", "it's", "web"]},
    ],
    "column_distinct_values_to_equal_set": [
        {"column": "select", "value_set": ["p", "q", "r"]},
        {"column": "channel", "value_set": ["web", "letter"]},
    ],
    "table_row_count_to_be_between": [
        {"min_value": 10, "max_value": 10},
        {"min_value": 1, "max_value": 10, "strict_max": True},
        {"max_value": 3},
    ],
    "table_row_count_to_equal": [{"value": 10}, {"value": 0}, {"value": 6, "row_condition": COMPARED}],
    "table_column_count_to_be_between": [{"min_value": 12, "max_value": 13}, {"max_value": 11}],
    "table_column_count_to_equal": [{"value": 12}, {"value": 1}],
    "table_columns_to_match_ordered_list": [
        {"column_list": list(COLUMNS)},
        {"column_list": ["id", "amount", "whole"]},
        {"column_list": [*COLUMNS, "more"]},
    ],
    "table_columns_to_match_set": [
        {"column_set": sorted(COLUMNS)},
        {"column_set": ["id", "Größe"], "exact_match": False},
        {"column_set": ["id", "Größe", "grösse"], "exact_match": False},
        {"column_set": ["id"], "exact_match": True},
    ],
    "column_to_exist": [
        {"column": "Größe"},
        {"column": "select", "column_index": 10},
        {"column": "whole", "column_index": 2},
        {"column": "absent"},
    ],
}


def around(share: float) -> tuple[float, float, float]:
    """The edge, and the floating-point numbers next to it."""
    return share, math.nextafter(share, 2), math.nextafter(share, -1)


def edges() -> list[dict[str, Any]]:
    """Each edge met exactly, missed by one unit in the last place, and passed by one."""
    asked = [
        ("column_values_to_be_between", {"column": name, "min_value": 1, "max_value": 1, "mostly": mostly})
        for name, (good, size) in EDGES.items()
        for mostly in around(good / size)
    ]
    asked += [("column_values_to_be_in_set", {"column": "of_3", "value_set": [1], "mostly": x}) for x in around(2 / 3)]
    asked += [("column_values_to_not_be_null", {"column": "of_7", "mostly": x}) for x in around(7 / 20)]
    asked += [("column_values_to_be_null", {"column": "of_3", "mostly": x}) for x in around(17 / 20)]
    asked += [
        ("column_pair_values_to_be_equal", {"column_A": "of_7", "column_B": "of_3", "mostly": x}) for x in around(2 / 7)
    ]
    return [expectation(name, arguments) for name, arguments in asked if arguments["mostly"] <= 1]


def expectation(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """As Great Expectations 1.x writes it in a suite."""
    return {"type": f"expect_{name}", "kwargs": arguments}


def suites() -> dict[str, list[dict[str, Any]]]:
    """What is asked of each table."""
    general = [expectation(name, arguments) for name, each in GENERAL.items() for arguments in each]
    some = [expectation(name, arguments) for name, each in GENERAL.items() for arguments in each[:1]]
    return {"plain": general, "nothing": some, "voids": some, "edges": edges()}
