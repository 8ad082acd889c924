{#-
    What earlier runs of this test have recorded, read while compiling, as dbt is about to replace the table in which it
    is: (metric, dimension, bucket_index, value, trials) of each bucket of the window before this run's. Figures come as
    text, so that no digit is lost and NaN survives, behind a colon, so that dbt takes no text for a number or null.
-#}
{% macro recorded_points(settings, window, subject) %}
    {%- if not execute -%}
        {% do return([]) %}
    {%- endif -%}
    {%- set stored = dataops_toolkit.stored_series('recorded_of') -%}
    {%- if not stored -%}
        {% do return([]) %}
    {%- endif -%}
    {%- set text = dbt.type_string() -%}
    {%- set node = dataops_toolkit.recorded_node() -%}
    {%- set columns = adapter.get_columns_in_relation(stored) | map(attribute='name') | map('lower') | list -%}
    {%- set query -%}
        select
            ':' || cast(metric as {{ text }}) as metric,
            ':' || cast(dimension as {{ text }}) as dimension,
            ':' || cast({{ dataops_toolkit.epoch_seconds('bucket') }} as {{ text }}) as began,
            ':' || cast(value as {{ text }}) as value,
            ':' || cast(trials as {{ text }}) as trials
        from {{ stored }}
        where recorded_of = {{ dataops_toolkit.text_literal(subject) }}
            {%- if node and 'recorded_from' in columns %}
            and coalesce(recorded_from, {{ dataops_toolkit.text_literal(node) }}) = {{ dataops_toolkit.text_literal(node) }}
            {%- endif %}
            and {{ dataops_toolkit.epoch_seconds('bucket') }} >= {{ dataops_toolkit.bucket_start(window.first, settings.time_bucket) }}
        order by bucket
    {%- endset -%}
    {%- set points = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- set moment = modules.datetime.datetime(1970, 1, 1) + modules.datetime.timedelta(seconds=row[2][1:] | float) -%}
        {%- set number = dataops_toolkit.bucket_number(moment, settings.time_bucket) -%}
        {%- if number >= window.end -%}
            {%- do exceptions.raise_compiler_error(
                stored ~ ' holds a figure of ' ~ moment ~ ', later than ' ~ dataops_toolkit.monitor_as_of()
                ~ '. Without timestamp_column a table can only be measured as it is now: run without dataops_as_of,'
                ' or drop that table if its figures are wrong'
            ) -%}
        {%- endif -%}
        {%- set metric = row[0][1:] -%}
        {%- set dimension = row[1][1:] if row[1] is not none else none -%}
        {%- if number < window.end - 1 -%}
            {%- do points.update({(metric, dimension, number): [
                metric, dimension, number, row[3][1:] if row[3] is not none else none,
                row[4][1:] if row[4] is not none else none
            ]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {% do return(points.values() | list) %}
{% endmacro %}
