{#- Fails on each combination of the columns that occurs more than once: they are the grain of the model. -#}
{% test has_unique_rows(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
