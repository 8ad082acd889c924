{#-
    One table of the RetailRocket layout: the seed, unless `retailrocket_path` or `retailrocket_schema` says where
    real data is. The seed is a ref, so that `--defer` works on it, which it does not on a source. Files are read by
    DuckDB; all columns of a CSV file as text, like the seed's. The item properties are optional, and may come in parts.
-#}
{% macro retailrocket(table) %}
    {%- set path = var('retailrocket_path') -%}
    {%- if not path and not var('retailrocket_schema') -%}
        {{ return(ref('retailrocket_' ~ table)) }}
    {%- endif -%}
    {%- set relation = source('retailrocket', table) -%}
    {%- set files = table ~ '*' if table == 'item_properties' else table -%}
    {%- if table == 'item_properties' and not var('has_item_properties') -%}
        {%- set text = dbt.type_string() -%}
        {%- set nothing = 'cast(null as ' ~ text ~ ')' -%}
        {{ return('(select ' ~ nothing ~ ' as timestamp, ' ~ nothing ~ ' as itemid, ' ~ nothing ~ ' as property, '
            ~ nothing ~ ' as value where 1 = 0) as no_properties') }}
    {%- elif path.endswith('.parquet') -%}
        {{ return("read_parquet('" ~ path | replace('*', files) ~ "')") }}
    {%- elif path -%}
        {{ return("read_csv('" ~ path ~ '/' ~ files ~ ".csv', all_varchar = true)") }}
    {%- endif -%}
    {{ return(relation) }}
{% endmacro %}
