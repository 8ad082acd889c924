{#- Days of age in buckets of 30, the last of which is open. They sort by name as they do by age. -#}
{% macro age_bucket(days) -%}
    case
        {%- for lowest in [120, 90, 60, 30] %}
        when {{ days }} > {{ lowest }} then '{{ "over 120" if lowest == 120 else "%03d-%03d" % (lowest + 1, lowest + 30) }} days'
        {%- endfor %}
        else '000-030 days'
    end
{%- endmacro %}
