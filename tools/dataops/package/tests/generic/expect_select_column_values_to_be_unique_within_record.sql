{#- Fails on rows in which two of some columns have the same value; two nulls are the same. -#}
{% test expect_select_column_values_to_be_unique_within_record(
    model, column_list, ignore_row_if='all_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named(column_list) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{%- set pairs = [] -%}
{%- for one in columns -%}
    {%- for other in columns[loop.index:] -%}
        {%- do pairs.append(one ~ ' = ' ~ other ~ ' or (' ~ one ~ ' is null and ' ~ other ~ ' is null)') -%}
    {%- endfor -%}
{%- endfor -%}
{{ dataops_toolkit.unexpected_rows(model, pairs | join(' or '), missing, mostly, row_condition) }}
{% endtest %}
