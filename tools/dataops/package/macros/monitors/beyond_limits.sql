{#- SQL: whether a point is beyond its limits on a side that `anomaly_direction` watches, and by more than a small change. -#}
{% macro beyond_limits(settings, up, down) -%}
    {%- set changes = settings.ignore_small_changes -%}
    {%- set spike = (changes.get('spike_failure_percent_threshold') or 0) / 100 -%}
    {%- set drop = (changes.get('drop_failure_percent_threshold') or 0) / 100 -%}
    {%- set sides = [] -%}
    {%- if settings.anomaly_direction != 'drop' -%}
        {%- do sides.append(up ~ (' and value > centre + ' ~ spike ~ ' * abs(centre)' if spike else '')) -%}
    {%- endif -%}
    {%- if settings.anomaly_direction != 'spike' -%}
        {%- set watched = [] -%}
        {%- for metric in settings.spikes_only %}{% do watched.append(" and metric <> '" ~ metric ~ "'") %}{% endfor -%}
        {%- do sides.append(down ~ (' and value < centre - ' ~ drop ~ ' * abs(centre)' if drop else '') ~ watched | join) -%}
    {%- endif -%}
    ({{ sides | join(' or ') }})
{%- endmacro %}
