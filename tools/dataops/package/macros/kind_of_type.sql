{#- What a column's type is to a monitor, while compiling: `number`, `text`, `boolean`, or `other`. -#}
{% macro kind_of_type(data_type) %}
    {%- set kinds = {
        'number': '(u?(tiny|small|medium|big|huge)?int(eger)?|u?int(8|16|32|64|128|256)|int[248]|float[48]?|float(32|64)|double( precision)?'
            '|real|(big)?numeric|(big)?decimal|number|byteint|short|long)',
        'text': '(var|n|nvar|bp)?char|character( varying)?|text|string|citext|name',
        'boolean': 'bool(ean)?'
    } -%}
    {%- for kind, pattern in kinds.items()
        if modules.re.match('^(' ~ pattern ~ ')\\s*(\\([\\d\\s,]*\\))?$', data_type | lower | trim) -%}
        {% do return(kind) %}
    {%- endfor -%}
    {% do return('other') %}
{% endmacro %}
