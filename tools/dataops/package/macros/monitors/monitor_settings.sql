{#-
    What a monitor was asked for, as one dictionary: names and meaning are those of Elementary, and ours. An unknown
    name is an error, as a misspelt one would otherwise be a monitor that does something else.
-#}
{% macro monitor_settings(given, distribution='normal', anomaly_direction='both') %}
    {%- set defaults = {
        'timestamp_column': none, 'where_expression': none, 'time_bucket': {'period': 'day', 'count': 1},
        'training_period': {'period': 'day', 'count': 14}, 'detection_period': {'period': 'day', 'count': 2},
        'detection_delay': {'period': 'hour', 'count': 0}, 'min_training_set_size': 7,
        'anomaly_direction': anomaly_direction, 'anomaly_sensitivity': none, 'seasonality': none, 'trend': none,
        'ignore_small_changes': {}, 'fail_on_zero': false, 'exclude_detection_period_from_training': false,
        'anomaly_exclude_metrics': none, 'exclude': [], 'chart': 'shewhart', 'ewma_lambda': 0.1, 'cusum_k': 0.5,
        'rules': none, 'robust': false, 'distribution': distribution, 'standard': none, 'dimensions': []
    } -%}
    {#- Names that Elementary has given up, and still takes. -#}
    {%- set older = {'days_back': 'training_period', 'backfill_days': 'detection_period',
                     'sensitivity': 'anomaly_sensitivity'} -%}
    {%- set settings = defaults.copy() -%}
    {%- for name, value in given.items() if value is not none and name not in ('model', 'column_name') -%}
        {%- set known = older.get(name, name) -%}
        {%- if known not in defaults -%}
            {%- do exceptions.raise_compiler_error(
                "A monitor has no '" ~ name ~ "'. It takes: " ~ defaults | sort | join(', ')
            ) -%}
        {%- endif -%}
        {%- if known.endswith('_period') and value is not mapping -%}
            {%- do settings.update({known: {'period': 'day', 'count': value}}) -%}
        {%- elif known in ('time_bucket', 'detection_delay') and value is mapping -%}
            {%- do settings.update({known: {'period': value.get('period', defaults[known].period),
                                            'count': value.get('count', 1)}}) -%}
        {%- else -%}
            {%- do settings.update({known: value}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if settings.anomaly_sensitivity is none -%}
        {%- do settings.update(
            {'anomaly_sensitivity': {'shewhart': 3, 'ewma': 2.814, 'cusum': 5}.get(settings.chart, 3)}
        ) -%}
    {%- endif -%}
    {%- do settings.update(
        {'distributions': [settings.distribution], 'unit': 1, 'subject': none, 'spikes_only': [],
         'seconds': none, 'dimension_columns': [], 'is_emptied': '(1 = 1)',
         'fails_on_no_rows': given.get('anomaly_direction') != 'spike' and not invocation_args_dict.get('empty')}
    ) -%}
    {%- do dataops_toolkit.check_monitor_settings(settings) -%}
    {%- if settings.seasonality in ('day_of_week', 'hour_of_week') -%}
        {#- As in Elementary: a training period of so many days holds so many of each weekday. -#}
        {%- set training = settings.training_period -%}
        {%- do settings.update({'training_period': {'period': training.period, 'count': training.count * 7}}) -%}
    {%- endif -%}
    {% do return(settings) %}
{% endmacro %}
