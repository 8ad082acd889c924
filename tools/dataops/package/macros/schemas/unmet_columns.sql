{#-
    What exposures ask of a table and do not find, while compiling: [exposure, url, column_name, data_type, error] of
    each `meta.referenced_columns` {column_name, data_type, node}. One that names no `node` is of the table if the
    exposure reads nothing else.
-#}
{% macro unmet_columns(model, node, actual) %}
    {%- set unmet = [] -%}
    {%- for exposure in graph.exposures.values() if node.unique_id in exposure.depends_on.nodes -%}
        {%- set meta = exposure.meta or exposure.config.meta or {} -%}
        {%- for wanted in meta.get('referenced_columns') or [] -%}
            {%- if wanted is not mapping or not wanted.column_name -%}
                {%- do exceptions.raise_compiler_error(
                    'meta.referenced_columns of exposure ' ~ exposure.name ~ ' is a list of {column_name, data_type, node}'
                ) -%}
            {%- endif -%}
            {%- if not wanted.node and exposure.depends_on.nodes | length > 1 -%}
                {%- do exceptions.raise_compiler_error(
                    'exposure ' ~ exposure.name ~ ' reads several tables, and does not say which of them has '
                    ~ wanted.column_name ~ ". Add node: ref('...') to that entry of meta.referenced_columns"
                ) -%}
            {%- endif -%}
            {%- if not wanted.node or dataops_toolkit.is_named(node, wanted.node) -%}
                {%- set found = actual | selectattr('lower', 'equalto', wanted.column_name | lower) | first -%}
                {%- set declared = wanted.data_type -%}
                {%- if not found -%}
                    {%- set error = 'column_missing' -%}
                {%- elif declared and not dataops_toolkit.is_same_type(model, found, declared) -%}
                    {%- set error = 'type_differs: ' ~ found.data_type -%}
                {%- else -%}
                    {%- set error = none -%}
                {%- endif -%}
                {%- if error -%}
                    {%- do unmet.append([exposure.name, exposure.url, wanted.column_name, declared or none, error]) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {% do return(unmet) %}
{% endmacro %}
