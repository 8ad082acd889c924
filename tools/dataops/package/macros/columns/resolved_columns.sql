{#-
    Columns, or SQL, as tests name them, while compiling: {sql, data_type} of each. What the table has a column of is that
    column, quoted as the warehouse spells it: its name may be any text. The rest is SQL, and `typed` asks for its type.
    A type is none where nobody can be asked.
-#}
{% macro resolved_columns(model, written, typed=false) %}
    {%- set resolved = [] -%}
    {%- set is_known = dataops_toolkit.is_known(model) -%}
    {%- set columns = dataops_toolkit.columns_in(model) if is_known and written else [] -%}
    {%- for text in written -%}
        {%- set plain = text.strip('"`') -%}
        {%- set same = columns | selectattr('name', 'equalto', plain) | list -%}
        {%- for column in columns if not same and column.name | lower == plain | lower -%}
            {%- do same.append(column) -%}
        {%- endfor -%}
        {%- if same -%}
            {%- do resolved.append({
                'sql': dataops_toolkit.quoted_name(same[0].name), 'data_type': same[0].data_type
            }) -%}
        {%- elif is_known and typed -%}
            {%- set query = 'select ' ~ text ~ ' as typed from ' ~ model -%}
            {%- do resolved.append({
                'sql': text, 'data_type': (get_column_schema_from_query(query) | first).data_type
            }) -%}
        {%- else -%}
            {%- do resolved.append({'sql': text, 'data_type': none}) -%}
        {%- endif -%}
    {%- endfor -%}
    {% do return(resolved) %}
{% endmacro %}
