{#- Fails on rows whose date or time lies before that of another column. Rows without either pass. -#}
{% test is_on_or_after(model, column_name, other) %}
select *
from {{ model }}
where {{ column_name }} < {{ other }}
{% endtest %}
