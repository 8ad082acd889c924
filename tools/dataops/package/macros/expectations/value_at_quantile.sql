{#-
    SQL of a quantile from values that are numbered from 0 in their order (`expectation_rank`, of `expectation_size`),
    by pandas' definitions: the place is q * (n - 1), and `interpolation` says what holds between two values.
    https://numpy.org/doc/stable/reference/generated/numpy.percentile.html
-#}
{% macro value_at_quantile(quantile, interpolation) %}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set place = '(cast(' ~ (quantile | float) ~ ' as ' ~ double ~ ') * (expectation_size - 1))' -%}
    {%- set number = 'cast(expectation_value as ' ~ double ~ ')' -%}
    {%- set at = {
        'lower': 'max(case when expectation_rank = floor(' ~ place ~ ') then ' ~ number ~ ' end)',
        'higher': 'max(case when expectation_rank = ceil(' ~ place ~ ') then ' ~ number ~ ' end)'
    } -%}
    {%- set between = 'max(' ~ place ~ ' - floor(' ~ place ~ '))' -%}
    {%- set is_even = 'max(mod(cast(floor(' ~ place ~ ') as ' ~ dbt.type_int() ~ '), 2)) = 0' -%}
    {%- set found = {
        'lower': at.lower, 'higher': at.higher,
        'linear': at.lower ~ ' + (' ~ at.higher ~ ' - ' ~ at.lower ~ ') * ' ~ between,
        'midpoint': '(' ~ at.lower ~ ' + ' ~ at.higher ~ ') / 2',
        'nearest': 'case when ' ~ between ~ ' < 0.5 or (' ~ between ~ ' = 0.5 and ' ~ is_even ~ ') then ' ~ at.lower
            ~ ' else ' ~ at.higher ~ ' end'
    } -%}
    {%- if interpolation not in found -%}
        {%- do exceptions.raise_compiler_error(
            "allow_relative_error is '" ~ interpolation ~ "'. It can be: " ~ found | join(', ')
        ) -%}
    {%- endif -%}
    {{- return(found[interpolation]) -}}
{% endmacro %}
