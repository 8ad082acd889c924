{#-
    A column as Great Expectations names it, as SQL. As in its SQL engine, a plain name in lower case is left to the
    warehouse, any other is quoted: with capitals, other letters, or one that SQL keeps for itself.
-#}
{% macro column_named(name) %}
    {%- set kept = [
        'all', 'and', 'any', 'array', 'as', 'asc', 'between', 'by', 'case', 'cast', 'check', 'column', 'create',
        'cross', 'current_date', 'current_timestamp', 'default', 'delete', 'desc', 'distinct', 'drop', 'else', 'end',
        'except', 'exists', 'false', 'fetch', 'for', 'foreign', 'from', 'full', 'grant', 'group', 'having', 'in', 'inner',
        'intersect', 'interval', 'into', 'is', 'join', 'lateral', 'left', 'like', 'limit', 'natural', 'not', 'null',
        'offset', 'on', 'or', 'order', 'outer', 'over', 'partition', 'primary', 'qualify', 'references', 'right',
        'rows', 'select', 'some', 'table', 'then', 'to', 'true', 'union', 'unique', 'user', 'using', 'values', 'when',
        'where', 'window', 'with'
    ] -%}
    {%- if modules.re.match('["`]', name) or (name not in kept and modules.re.fullmatch('[a-z_][a-z0-9_]*', name)) -%}
        {%- do return(name) -%}
    {%- endif -%}
    {{- return(adapter.quote(name)) -}}
{% endmacro %}
