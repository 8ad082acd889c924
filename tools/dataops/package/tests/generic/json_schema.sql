{#-
    Fails on each row whose text in the column is no JSON, or JSON that does not conform to the schema, which is given as
    the test's arguments. Null is no text, and passes.
-#}
{% test json_schema(model, column_name, where_expression=none) %}
{%- set schema = {} %}
{%- for word, given in kwargs.items() if word not in ('model', 'column_name') %}
    {%- do schema.update({word: given}) %}
{%- endfor %}
{%- if not schema %}
    {%- do exceptions.raise_compiler_error('json_schema needs a schema as its arguments, such as type: object') %}
{%- endif %}
with json_texts as (
    select
        *,
        cast({{ column_name }} as {{ dbt.type_string() }}) as json_text
    from {{ model }}
    where
        {{ column_name }} is not null
        {%- if where_expression %}
        and ({{ where_expression }})
        {%- endif %}
),

json_values as (
    select
        *,
        {{ dataops_toolkit.json_part('parsed', 'json_text') }} as json_value
    from json_texts
)

select *
from json_values
where json_value is null or not {{ dataops_toolkit.json_conforms('json_value', schema) }}
{% endtest %}
