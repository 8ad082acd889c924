{#- The query of an expectation about a figure: what was observed, the limits, the verdict. An unknown figure fails. -#}
{% macro judged_value(measured, min_value=none, max_value=none, strict_min=false, strict_max=false) %}
    {{- dataops_toolkit.fails_by_verdict() -}}
    with expectation_measured as (
        {{ measured }}
    )

    select
        observed_value,
        {%- if min_value is not none %}
        {{ dataops_toolkit.sql_literal(min_value) }} as {{ 'above' if strict_min else 'min_value' }},
        {%- endif %}
        {%- if max_value is not none %}
        {{ dataops_toolkit.sql_literal(max_value) }} as {{ 'below' if strict_max else 'max_value' }},
        {%- endif %}
        observed_value is not null
        and {{ dataops_toolkit.is_within('observed_value', min_value, max_value, strict_min, strict_max) }}
            as expectation_is_met
    from expectation_measured
{% endmacro %}
