{#- Minutes after midnight of a time such as 07:00, 14:30, 7am or 2:30pm, while compiling. -#}
{% macro time_of_day(written) %}
    {%- set found = modules.re.match('^(\\d{1,2})(?::(\\d{2}))?\\s*(am|pm)?$', written | string | lower | trim) -%}
    {%- set hour = found.group(1) | int if found else 99 -%}
    {%- set minute = (found.group(2) or 0) | int if found else 99 -%}
    {%- set half = found.group(3) if found else none -%}
    {%- if minute > 59 or hour > (12 if half else 23) or (half and hour < 1) or not (half or (found and found.group(2))) -%}
        {%- do exceptions.raise_compiler_error(
            "sla_time is '" ~ written ~ "'. It can be written as 07:00, 14:30, 7am or 2:30pm; in YAML with quotes"
        ) -%}
    {%- endif -%}
    {%- if half -%}
        {%- set hour = hour % 12 + (12 if half == 'pm' else 0) -%}
    {%- endif -%}
    {% do return(hour * 60 + minute) %}
{% endmacro %}
