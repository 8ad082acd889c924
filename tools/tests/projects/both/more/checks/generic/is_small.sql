{% test is_small(model, column_name) %}select * from {{ model }} where {{ column_name }} > 9{% endtest %}
