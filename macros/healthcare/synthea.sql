{#-
    One table of Synthea's CSV export: the seed, unless `synthea_path` or `synthea_schema` says where real data is.
    The seed is a ref, so that `--defer` works on it, which it does not on a source. Files are read by DuckDB; all
    columns of a CSV file as text, like the seed's.
-#}
{% macro synthea(table) %}
    {%- set path = var('synthea_path') -%}
    {%- if not path and not var('synthea_schema') -%}
        {{ return(ref('synthea_' ~ table)) }}
    {%- endif -%}
    {%- set relation = source('synthea', table) -%}
    {%- if path.endswith('.parquet') -%}
        {{ return("read_parquet('" ~ path | replace('*', table) ~ "')") }}
    {%- elif path -%}
        {{ return("read_csv('" ~ path ~ '/' ~ table ~ ".csv', all_varchar = true)") }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
