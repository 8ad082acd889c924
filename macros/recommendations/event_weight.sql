{#- How much an event says of a visitor's interest in an item (var `event_weights`). -#}
{% macro event_weight(event_type) -%}
    case {{ event_type }}
        {%- for type, weight in var('event_weights').items() %}
        when '{{ type }}' then {{ weight }}
        {%- endfor %}
    end
{%- endmacro %}
