{#- An error for each value that a monitor cannot mean anything by. -#}
{% macro check_monitor_settings(settings) %}
    {%- set choices = {
        'anomaly_direction': ['both', 'spike', 'drop'], 'chart': ['shewhart', 'ewma', 'cusum'],
        'distribution': ['normal', 'count', 'proportion', 'by_metric'],
        'seasonality': [none, 'day_of_week', 'hour_of_day', 'hour_of_week'], 'trend': [none, 'linear']
    } -%}
    {%- for name, allowed in choices.items() if settings[name] not in allowed -%}
        {%- do exceptions.raise_compiler_error(
            name ~ " is '" ~ settings[name] ~ "'. It can be: " ~ allowed | select('string') | join(', ')
        ) -%}
    {%- endfor -%}
    {%- for name in ('time_bucket', 'training_period', 'detection_period', 'detection_delay') -%}
        {%- set length = settings[name] -%}
        {%- if length is not mapping or length.get('period') not in ('hour', 'day', 'week', 'month')
            or length.get('count') is not integer or length.count < (0 if name == 'detection_delay' else 1) -%}
            {%- do exceptions.raise_compiler_error(
                name ~ ' needs a period (hour, day, week, month) and a whole count, such as {period: day, count: 1}'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set bucket = {'day_of_week': 'day', 'hour_of_day': 'hour', 'hour_of_week': 'hour'}.get(settings.seasonality) -%}
    {%- if bucket and (settings.time_bucket.period != bucket or settings.time_bucket.count != 1) -%}
        {%- do exceptions.raise_compiler_error(
            'seasonality ' ~ settings.seasonality ~ ' needs time_bucket {period: ' ~ bucket ~ ', count: 1}'
        ) -%}
    {%- endif -%}
    {%- if settings.anomaly_sensitivity is not number or settings.anomaly_sensitivity <= 0
        or settings.anomaly_sensitivity > 6 -%}
        {%- do exceptions.raise_compiler_error('anomaly_sensitivity is a number above 0 and up to 6') -%}
    {%- endif -%}
    {%- if settings.trend and (settings.robust or settings.standard) -%}
        {%- do exceptions.raise_compiler_error(
            'trend is a regression by least squares: it cannot be combined with '
            ~ ('robust. Leave past incidents out with exclude' if settings.robust else 'standard, which gives the mean')
        ) -%}
    {%- endif -%}
    {%- do dataops_toolkit.monitor_rules(settings.rules) -%}
{% endmacro %}
