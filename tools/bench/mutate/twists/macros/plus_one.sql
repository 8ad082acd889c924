{% macro plus_one(column) %}{{ column }} + 1{% endmacro %}
