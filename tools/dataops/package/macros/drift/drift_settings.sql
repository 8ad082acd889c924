{#-
    What `distribution_drift` was asked for: its own settings, and of a monitor's those that say which rows of which
    periods. The window is that of the two periods.
-#}
{% macro drift_settings(given) %}
    {%- set own = {'bins': none, 'psi_threshold': 0.25, 'ks_threshold': 0.2, 'categorical': none} -%}
    {%- set shared = ['timestamp_column', 'where_expression', 'time_bucket', 'training_period', 'detection_period', 'detection_delay',
                      'anomaly_sensitivity', 'exclude', 'dimensions', 'sensitivity', 'days_back', 'backfill_days'] -%}
    {%- set others = {'training_period': 28, 'detection_period': 7} -%}
    {%- for name, value in given.items() if name not in ('model', 'column_name') -%}
        {%- if name in own -%}
            {%- do own.update({name: value}) -%}
        {%- elif name in shared -%}
            {%- do others.update({name: value}) -%}
        {%- else -%}
            {%- do exceptions.raise_compiler_error(
                "distribution_drift has no '" ~ name ~ "'. It takes: " ~ (own.keys() | list + shared) | sort | join(', ')
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set settings = dataops_toolkit.monitor_settings(others) -%}
    {%- if not settings.timestamp_column -%}
        {%- do exceptions.raise_compiler_error(
            'distribution_drift needs timestamp_column, by which rows fall into the reference period or the one judged'
        ) -%}
    {%- endif -%}
    {%- if own.bins is not none and (own.bins is not integer or own.bins < 2 or own.bins > 100) -%}
        {%- do exceptions.raise_compiler_error('bins is a whole number from 2 to 100') -%}
    {%- endif -%}
    {%- for name in ('psi_threshold', 'ks_threshold') if own[name] is not number or own[name] <= 0 -%}
        {%- do exceptions.raise_compiler_error(name ~ ' is a number above 0') -%}
    {%- endfor -%}
    {%- do settings.update(own) -%}
    {% do return(settings) %}
{% endmacro %}
