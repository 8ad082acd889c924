{#- Fails on rows whose two values are not one of the pairs. A null in a pair stands for null. -#}
{% test expect_column_pair_values_to_be_in_set(
    model, column_A, column_B, value_pairs_set, ignore_row_if='both_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named([column_A, column_B]) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{%- set pairs = [] -%}
{%- for pair in value_pairs_set -%}
    {%- set both = [] -%}
    {%- for value in pair -%}
        {%- do both.append(columns[loop.index0] ~ (
            ' is null' if value is none else ' = ' ~ dataops_toolkit.sql_literal(value)
        )) -%}
    {%- endfor -%}
    {%- do pairs.append('(' ~ both | join(' and ') ~ ')') -%}
{%- endfor -%}
{%- set is_pair = pairs | unique(case_sensitive=true) | join(' or ') if pairs else 'false' -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not coalesce(' ~ is_pair ~ ', false)', missing, mostly, row_condition
) }}
{% endtest %}
