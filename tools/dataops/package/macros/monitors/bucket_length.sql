{#- A period in seconds, a month as 30 days, and where its first bucket begins: weeks on Monday, 1970-01-05. -#}
{% macro bucket_length(period) %}
    {%- set seconds = {'hour': 3600, 'day': 86400, 'week': 604800, 'month': 2592000} -%}
    {% do return({
        'seconds': seconds[period.period] * period.count, 'anchor': 345600 if period.period == 'week' else 0
    }) %}
{% endmacro %}
