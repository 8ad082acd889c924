{#-
    What can be watched of a column, by Elementary's names: the SQL of one aggregate, how it is distributed, and what
    a bucket without rows has. Shares are percentages, as Elementary's are. A sum over nothing is zero; the rest of
    a bucket without rows is unknown.
-#}
{% macro column_metrics(column) %}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set number = 'cast(' ~ column ~ ' as ' ~ double ~ ')' -%}
    {%- set finite = '(case when ' ~ number ~ ' between -1e150 and 1e150 then ' ~ number ~ ' end)' -%}
    {%- set is = {
        'null': column ~ ' is null',
        'missing': column ~ ' is null or trim(' ~ text ~ ") = '' or lower(trim(" ~ text ~ ")) = 'null'",
        'zero': column ~ ' = 0'
    } -%}
    {%- set metrics = {
        'min': {'sql': 'min(' ~ column ~ ')'}, 'max': {'sql': 'max(' ~ column ~ ')'},
        'average': {'sql': 'avg(' ~ number ~ ')'}, 'sum': {'sql': 'sum(' ~ number ~ ')', 'missing': 'zero'},
        'standard_deviation': {'sql': 'stddev_samp(' ~ finite ~ ')'},
        'variance': {'sql': 'var_samp(' ~ finite ~ ')'},
        'min_length': {'sql': 'min(length(' ~ text ~ '))'}, 'max_length': {'sql': 'max(length(' ~ text ~ '))'},
        'average_length': {'sql': 'avg(cast(length(' ~ text ~ ') as ' ~ double ~ '))'},
        'count_true': {'sql': 'sum(case when ' ~ column ~ ' then 1 else 0 end)', 'distribution': 'count'},
        'count_false': {'sql': 'sum(case when not ' ~ column ~ ' then 1 else 0 end)', 'distribution': 'count'}
    } -%}
    {%- for name, condition in is.items() -%}
        {%- set hits = 'sum(case when ' ~ condition ~ ' then 1 else 0 end)' -%}
        {%- set share = '100.0 * ' ~ hits ~ ' / nullif(count(*), 0)' -%}
        {%- do metrics.update({
            name ~ '_count': {'sql': hits, 'distribution': 'count'},
            name ~ '_percent': {'sql': share, 'distribution': 'proportion'},
            'not_' ~ name ~ '_percent': {'sql': '100 - ' ~ share, 'distribution': 'proportion'}
        }) -%}
    {%- endfor -%}
    {% do return(metrics) %}
{% endmacro %}
