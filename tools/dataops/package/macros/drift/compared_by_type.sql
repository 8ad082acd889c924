{#-
    The query of `distribution_drift` for a column of an ephemeral model, whose type is known when the query runs and not
    before: that for numbers, of rows of which there are none unless it is a number, and that for categories.
-#}
{% macro compared_by_type(model, column, settings) %}
    {%- set is_number = dataops_toolkit.is_number_when_run(column) -%}
    {%- set as_text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set given = settings.where_expression -%}
    select
        metric, dimension, bucket, value, centre, lower, upper, score, rule, is_anomaly, is_detected, training_set_size,
        {{ dataops_toolkit.anomalies_in_all() }}
    from (
        {%- for is_categorical in (false, true) %}
        {%- do settings.update({
            'where_expression': ('not ' if is_categorical else '') ~ '(' ~ is_number ~ ')' ~ (' and (' ~ given ~ ')' if given else '')
        }) %}
        {{ 'union all ' if is_categorical }}select * from (
            {{ dataops_toolkit.compared_distributions(model, as_text, settings, is_categorical) }}
        ) as {{ 'compared_categories' if is_categorical else 'compared_numbers' }}
        {%- endfor %}
    ) as compared
    {%- do settings.update({'where_expression': given}) %}
    -- Of the two one is empty, and does not say that the table is.
    where training_set_size is not null
        or not exists (
            select 1
            from {{ model }}
            where {{ settings.seconds }} >= {{ dataops_toolkit.bucket_start(dataops_toolkit.monitor_window(settings).first, settings.time_bucket) }}
            {%- if given %}
            and ({{ given }})
            {%- endif %}
        )
{% endmacro %}
