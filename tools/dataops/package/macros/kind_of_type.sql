{#-
    What a column's type is to a monitor, while compiling: `number`, `text`, `boolean`, `moment` (a date or timestamp), or
    `other`. Warehouses call types one thing in a table and, some of them, another in a query.
-#}
{% macro kind_of_type(data_type) %}
    {%- set kinds = {
        'number': '(u?(tiny|small|medium|big|huge|long)?int(eger)?|longinteger|u?int(8|16|32|64|128|256)|int[248]|float[48]?'
            '|float(32|64)|double( precision)?|real|(big)?numeric|(big)?decimal|number|fixed|byteint|short|long)',
        'text': '(var|n|nvar|bp)?char|character( varying)?|text|string|unicode|citext|name',
        'boolean': 'bool(ean)?',
        'moment': 'date(32)?|(small)?datetime(2|64|offset|tz)?|timestamptz|timestamp(_(ntz|ltz|tz|s|ms|us|ns))?'
    } -%}
    {%- for kind, pattern in kinds.items() if modules.re.match(
        '^(' ~ pattern ~ ')\\s*(\\([\\d\\s,]*\\))?( with(out)?( local)? time zone)?$', data_type | lower | trim
    ) -%}
        {% do return(kind) %}
    {%- endfor -%}
    {% do return('other') %}
{% endmacro %}
