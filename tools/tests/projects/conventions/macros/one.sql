{% macro one() %}1{% endmacro %}
{% macro default__one() %}1{% endmacro %}
