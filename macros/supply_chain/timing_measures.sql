{#- Count, means and spreads of the receipts in int_receipts_timed, for one supplier or for all. -#}
{% macro timing_measures() -%}
    cast(count(*) as integer) as receipt_count,
    {%- for measure in ['lead_time', 'transit'] %}
    cast(avg({{ measure }}_days) as numeric(18, 4)) as average_{{ measure }}_days,
    cast(stddev_samp({{ measure }}_days) as numeric(18, 4)) as {{ measure }}_spread_days
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
