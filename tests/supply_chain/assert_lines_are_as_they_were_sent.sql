-- Failing means: int_lines_delivered holds other lines than the source, for example one that changed, came
-- or was deleted later than the lookback of late_line_days. A full refresh mends it.
{%- set columns = [
    'order_id', 'line_number', 'part_id', 'supplier_id', 'quantity', 'gross_usd', 'discount_rate', 'return_flag',
    'line_status', 'ship_date', 'commit_date', 'receipt_date',
] | join(', ') %}

(
    select {{ columns }} from {{ ref('stg_tpch__lines') }}
    except
    select {{ columns }} from {{ ref('int_lines_delivered') }}
)
union all
(
    select {{ columns }} from {{ ref('int_lines_delivered') }}
    except
    select {{ columns }} from {{ ref('stg_tpch__lines') }}
)
