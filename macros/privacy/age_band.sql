{#- Ten-year bands; 90 and over is one band, as Safe Harbor asks. No age, or one below 0, is 'unknown'. -#}
{% macro age_band(age) -%}
    case
        when {{ age }} >= 90 then '90+'
        {%- for lowest in range(80, -1, -10) %}
        when {{ age }} >= {{ lowest }} then '{{ lowest }}-{{ lowest + 9 }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}
