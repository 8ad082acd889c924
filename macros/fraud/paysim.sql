{#-
    A table in PaySim's layout: the seed, unless `paysim_path` or `paysim_schema` says where real data is. The seed
    is a ref, so that `--defer` works on it, which it does not on a source. Files are read by DuckDB; a path that
    names no kind of file is a folder, in which Parquet goes before CSV.
-#}
{% macro paysim(table) %}
    {%- set path = var('paysim_path') -%}
    {%- if not path and not var('paysim_schema') -%}
        {{ return(ref('paysim_' ~ table)) }}
    {%- endif -%}
    {%- set relation = source('paysim', table) -%}
    {%- if not path -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- if not path.endswith('.csv') and not path.endswith('.parquet') -%}
        {%- set parquet = path ~ '/' ~ table ~ '.parquet' -%}
        {%- set found = execute and run_query("select 1 from glob('" ~ parquet ~ "')").rows | length -%}
        {%- set path = parquet if found else path ~ '/' ~ table ~ '.csv' -%}
    {%- endif -%}
    {%- if path.endswith('.parquet') -%}
        {{ return("read_parquet('" ~ path ~ "')") }}
    {%- endif -%}
    {{ return("read_csv('" ~ path ~ "', all_varchar = true)") }}
{% endmacro %}
