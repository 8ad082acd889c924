{#-
    The columns that YAML declares of a node, as `schema_changes_of` compares them: under the warehouse's spelling of
    their names, and of their types where it is the same type or YAML has none. YAML minds no capitals unless it quotes.
-#}
{% macro declared_columns(model, node, actual, enforce_types) %}
    {%- set columns = [] -%}
    {%- if not node.columns -%}
        {%- do exceptions.raise_compiler_error(
            node.name ~ ' has no columns in YAML to compare with. List them under columns:'
        ) -%}
    {%- endif -%}
    {%- for declared in node.columns.values() -%}
        {%- if enforce_types and not declared.data_type -%}
            {%- do exceptions.raise_compiler_error(
                node.name ~ ' has no data_type for ' ~ declared.name ~ ' in YAML, and enforce_types asks for all'
            ) -%}
        {%- endif -%}
        {%- set column = {'name': declared.name, 'data_type': declared.data_type or none} -%}
        {%- for found in actual
            if found.name == declared.name or (not declared.quote and found.name | lower == declared.name | lower) -%}
            {%- set is_same = not declared.data_type
                or dataops_toolkit.is_same_type(model, found, declared.data_type) -%}
            {%- do column.update({
                'name': found.name, 'data_type': found.data_type if is_same else declared.data_type
            }) -%}
        {%- endfor -%}
        {%- do columns.append(column) -%}
    {%- endfor -%}
    {% do return(columns) %}
{% endmacro %}
