{#-
    Fails on values that lie so many sample standard deviations from the mean, or further. Without a spread, none
    does.
-#}
{% test expect_column_value_z_scores_to_be_less_than(
    model, column_name, threshold, double_sided=true, mostly=1, row_condition=none
) %}
{%- set number = 'cast(' ~ column_name ~ ' as ' ~ dataops_toolkit.double_type() ~ ')' -%}
{%- set rows = dataops_toolkit.rows_where(model, row_condition) -%}
{%- set score = '(' ~ number ~ ' - (select avg(' ~ number ~ ') from ' ~ rows ~ ')) / nullif((select stddev_samp('
    ~ number ~ ') from ' ~ rows ~ '), 0)' -%}
{%- set score = 'abs(' ~ score ~ ')' if double_sided else score -%}
{%- set limit = dataops_toolkit.sql_literal(threshold | abs if double_sided else threshold) -%}
{{ dataops_toolkit.unexpected_rows(
    model, score ~ ' >= ' ~ limit, column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
