{#-
    One of the TPC-H tables: the seed, unless `tpch_path` or `tpch_schema` says where real data is. The seed is a ref,
    so that `--defer` works on it, which it does not on a source. Files are read by DuckDB; all columns of a CSV file
    as text, like the seed's.
-#}
{% macro tpch(table) %}
    {%- set path = var('tpch_path') -%}
    {%- if not path and not var('tpch_schema') -%}
        {{ return(ref('tpch_' ~ table)) }}
    {%- endif -%}
    {%- set relation = source('tpch', table) -%}
    {%- if path.endswith('.parquet') -%}
        {{ return("read_parquet('" ~ path | replace('*', table) ~ "')") }}
    {%- elif path -%}
        {{ return("read_csv('" ~ path ~ '/' ~ table ~ ".csv', all_varchar = true)") }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
