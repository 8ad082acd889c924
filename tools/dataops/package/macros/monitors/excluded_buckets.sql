{#-
    SQL: whether a bucket lies in a window of `exclude`, or of the incidents that `dataops` recorded of what is watched:
    {from, to}, both inclusive; a day without a time is all day.
-#}
{% macro excluded_buckets(settings, window) -%}
    {%- set watched = model.depends_on.nodes | default([]) if model is mapping else [] -%}
    {%- set known = var('dataops_incidents', {}) -%}
    {%- set incidents = settings.exclude | list -%}
    {%- for node in watched -%}
        {%- do incidents.extend(known.get(node, [])) -%}
    {%- endfor -%}
    {%- set ranges = [] -%}
    {%- for incident in incidents -%}
        {%- if incident is not mapping or 'from' not in incident -%}
            {%- do exceptions.raise_compiler_error(
                'exclude is a list of windows, such as {from: 2024-05-01, to: 2024-05-03}'
            ) -%}
        {%- endif -%}
        {%- set last = incident.get('to', incident['from']) -%}
        {%- set until = dataops_toolkit.utc_moment(last) -%}
        {%- if (last | string | length) <= 10 -%}
            {%- set until = until + modules.datetime.timedelta(hours=23, minutes=59) -%}
        {%- endif -%}
        {%- do ranges.append('bucket_index between '
            ~ dataops_toolkit.bucket_number(dataops_toolkit.utc_moment(incident['from']), settings.time_bucket) ~ ' and '
            ~ dataops_toolkit.bucket_number(until, settings.time_bucket)) -%}
    {%- endfor -%}
    {{ '(' ~ ranges | join(' or ') ~ ')' if ranges else '(1 = 0)' }}
{%- endmacro %}
