{#-
    Today's deadline in a time zone, while compiling: the second at which its day began, and whether data of the day is
    due by now. With neither day_of_week nor day_of_month each day counts, with both either does.
-#}
{% macro sla_of_today(sla_time, timezone, day_of_week, day_of_month) %}
    {%- if timezone not in modules.pytz.all_timezones_set -%}
        {%- do exceptions.raise_compiler_error("timezone is '" ~ timezone ~ "'. It can be: Europe/London and the like") -%}
    {%- endif -%}
    {%- set zone = modules.pytz.timezone(timezone) -%}
    {%- set now = modules.pytz.utc.localize(dataops_toolkit.monitor_as_of()).astimezone(zone) -%}
    {%- set midnight = zone.localize(modules.datetime.datetime(now.year, now.month, now.day)) -%}
    {%- set minutes = dataops_toolkit.time_of_day(sla_time) -%}
    {%- set deadline = zone.localize(
        modules.datetime.datetime(now.year, now.month, now.day, minutes // 60, minutes % 60)
    ) -%}
    {%- set weekdays = [day_of_week] if day_of_week is string else (day_of_week or []) -%}
    {%- set days = [day_of_month] if day_of_month is integer else (day_of_month or []) -%}
    {%- set names = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {%- for weekday in weekdays if weekday | lower not in names -%}
        {%- do exceptions.raise_compiler_error("day_of_week has no '" ~ weekday ~ "'. It can be: Monday to Sunday") -%}
    {%- endfor -%}
    {%- set is_due = (not weekdays and not days) or now.day in days
        or names[now.weekday()] in (weekdays | map('lower') | list) -%}
    {% do return({
        'began': midnight.timestamp() | int, 'now': now.timestamp() | int, 'is_due': is_due and now >= deadline
    }) %}
{% endmacro %}
