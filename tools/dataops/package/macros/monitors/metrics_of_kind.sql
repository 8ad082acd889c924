{#- The metrics that a kind of column (see `kind_of_type`) can have; with `by_default` those that are not asked for by name. -#}
{% macro metrics_of_kind(kind, by_default=false) %}
    {%- set usual = {
        'text': ['min_length', 'max_length', 'average_length', 'missing_count', 'missing_percent'],
        'number': ['min', 'max', 'zero_count', 'zero_percent', 'average', 'standard_deviation', 'variance']
    } -%}
    {%- set others = {
        'text': ['not_missing_percent'], 'number': ['not_zero_percent', 'sum'], 'boolean': ['count_true', 'count_false']
    } -%}
    {%- set metrics = ['null_count', 'null_percent'] + usual.get(kind, []) -%}
    {% do return(metrics if by_default else metrics + ['not_null_percent'] + others.get(kind, [])) %}
{% endmacro %}
