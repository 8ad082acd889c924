{#-
    Whether a column, {name, data_type}, has the type that YAML names, while compiling. Types have many names, so the
    warehouse is asked what it makes of both, by queries of no rows; length and precision count where YAML has them.
-#}
{% macro is_same_type(model, column, declared) %}
    {%- if column.data_type | lower | replace(' ', '') == declared | lower | replace(' ', '') -%}
        {% do return(true) %}
    {%- endif -%}
    {%- set size = '\\(([\\d\\s,]*)\\)' -%}
    {%- set wanted = modules.re.search(size, declared) -%}
    {%- set found = modules.re.search(size, column.data_type) -%}
    {%- if wanted and (not found or wanted.group(1) | replace(' ', '') != found.group(1) | replace(' ', '')) -%}
        {% do return(false) %}
    {%- endif -%}
    {%- set plain = [] -%}
    {%- for query in (
        'select ' ~ dataops_toolkit.quoted_name(column.name) ~ ' as typed from ' ~ model,
        'select cast(null as ' ~ declared ~ ') as typed'
    ) -%}
        {%- do plain.append((get_column_schema_from_query(query) | first).data_type | lower) -%}
    {%- endfor -%}
    {% do return(plain[0] == plain[1]) %}
{% endmacro %}
