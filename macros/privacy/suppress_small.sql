{#- A measure of a group, or null where the group is too small to publish (var `small_cell_minimum`). -#}
{% macro suppress_small(measure, members) -%}
    case when {{ members }} >= {{ var('small_cell_minimum') }} then {{ measure }} end
{%- endmacro %}
