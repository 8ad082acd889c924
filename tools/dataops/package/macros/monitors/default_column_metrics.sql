{#- What is watched of a column where nothing was chosen, by its type. -#}
{% macro default_column_metrics(model, column) %}
    {%- set metrics = ['null_count', 'null_percent'] -%}
    {%- if execute and model is not string -%}
        {%- for found in adapter.get_columns_in_relation(model) if found.name | lower == column.strip('"`') | lower -%}
            {%- if found.is_string() -%}
                {%- do metrics.extend(
                    ['min_length', 'max_length', 'average_length', 'missing_count', 'missing_percent']
                ) -%}
            {%- elif found.is_number() -%}
                {%- do metrics.extend(
                    ['min', 'max', 'zero_count', 'zero_percent', 'average', 'standard_deviation', 'variance']
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(metrics) %}
{% endmacro %}
