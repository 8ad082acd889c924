"""Which expectations have a test in the package, with the arguments that it takes."""

from __future__ import annotations

from dataclasses import dataclass

_ROWS = ("mostly", "row_condition")
_LIMITS = ("min_value", "max_value", "strict_min", "strict_max")
_IGNORING = ("ignore_row_if", *_ROWS)


@dataclass(frozen=True)
class Counterpart:
    """A test: of a column, or of the whole table; what it needs, and what else it takes."""

    of_column: bool
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def _of_values(*needs: str, takes: tuple[str, ...] = ()) -> Counterpart:
    return Counterpart(True, needs, (*takes, *_ROWS))


def _of_figure() -> Counterpart:
    return Counterpart(True, (), (*_LIMITS, "row_condition"))


def _of_columns(*needs: str, takes: tuple[str, ...] = ()) -> Counterpart:
    return Counterpart(False, needs, (*takes, *_IGNORING))


def _of_set(*takes: str) -> Counterpart:
    return Counterpart(True, ("value_set",), (*takes, "row_condition"))


COUNTERPARTS = {
    "expect_column_values_to_not_be_null": _of_values(),
    "expect_column_values_to_be_null": _of_values(),
    "expect_column_values_to_be_unique": _of_values(),
    "expect_column_values_to_be_in_set": _of_values("value_set"),
    "expect_column_values_to_not_be_in_set": _of_values("value_set"),
    "expect_column_values_to_be_between": _of_values(takes=_LIMITS),
    "expect_column_value_lengths_to_be_between": _of_values(takes=_LIMITS),
    "expect_column_value_lengths_to_equal": _of_values("value"),
    "expect_column_values_to_match_regex": _of_values("regex"),
    "expect_column_values_to_not_match_regex": _of_values("regex"),
    "expect_column_values_to_match_regex_list": _of_values("regex_list", takes=("match_on",)),
    "expect_column_values_to_not_match_regex_list": _of_values("regex_list"),
    "expect_column_value_z_scores_to_be_less_than": _of_values("threshold", takes=("double_sided",)),
    "expect_column_pair_values_to_be_equal": _of_columns("column_A", "column_B"),
    "expect_column_pair_values_a_to_be_greater_than_b": _of_columns("column_A", "column_B", takes=("or_equal",)),
    "expect_column_pair_values_to_be_in_set": _of_columns("column_A", "column_B", "value_pairs_set"),
    "expect_compound_columns_to_be_unique": _of_columns("column_list"),
    "expect_select_column_values_to_be_unique_within_record": _of_columns("column_list"),
    "expect_multicolumn_sum_to_equal": _of_columns("column_list", "sum_total"),
    "expect_column_min_to_be_between": _of_figure(),
    "expect_column_max_to_be_between": _of_figure(),
    "expect_column_mean_to_be_between": _of_figure(),
    "expect_column_median_to_be_between": _of_figure(),
    "expect_column_sum_to_be_between": _of_figure(),
    "expect_column_stdev_to_be_between": _of_figure(),
    "expect_column_unique_value_count_to_be_between": _of_figure(),
    "expect_column_proportion_of_unique_values_to_be_between": _of_figure(),
    "expect_column_proportion_of_non_null_values_to_be_between": _of_figure(),
    "expect_column_quantile_values_to_be_between": Counterpart(
        True, ("quantile_ranges",), ("allow_relative_error", "row_condition")
    ),
    "expect_column_most_common_value_to_be_in_set": _of_set("ties_okay"),
    "expect_column_distinct_values_to_be_in_set": _of_set(),
    "expect_column_distinct_values_to_contain_set": _of_set(),
    "expect_column_distinct_values_to_equal_set": _of_set(),
    "expect_column_to_exist": Counterpart(True, (), ("column_index",)),
    "expect_table_row_count_to_be_between": Counterpart(False, (), (*_LIMITS, "row_condition")),
    "expect_table_row_count_to_equal": Counterpart(False, ("value",), ("row_condition",)),
    "expect_table_column_count_to_be_between": Counterpart(False, (), ("min_value", "max_value")),
    "expect_table_column_count_to_equal": Counterpart(False, ("value",)),
    "expect_table_columns_to_match_ordered_list": Counterpart(False, ("column_list",)),
    "expect_table_columns_to_match_set": Counterpart(False, ("column_set",), ("exact_match",)),
}
"""The test of each expectation that has one; it has the expectation's name."""

REPORTING = frozenset({"batch_id", "result_format", "include_config", "catch_exceptions"})
"""Arguments of 0.18 that say how Great Expectations runs or prints, and nothing about the data."""
