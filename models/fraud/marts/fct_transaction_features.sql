-- depends_on: {{ ref('int_entries_posted') }}
{{
    config(
        materialized='incremental',
        unique_key='transaction_id',
        on_schema_change='fail'
    )
}}

with
{% if is_incremental() %}
news as (
    {{ accounts_with_news(ref('int_entries_posted')) }}
),
{% endif %}

transactions as (
    select * from {{ ref('int_transactions_keyed') }}
),

origins as (
    select * from {{ ref('int_entries_profiled') }}
    where account_role = 'origin'
),

destinations as (
    select * from {{ ref('int_entries_profiled') }}
    where account_role = 'destination'
)

select
    transactions.transaction_id,
    transactions.step,
    transactions.day_number,
    transactions.transaction_type,
    transactions.origin_id,
    transactions.destination_id,
    transactions.amount,
    transactions.origin_old_balance,
    {{ empties_origin('transactions') }} as empties_origin,
    {{ is_near_threshold('transactions.amount') }} as is_near_threshold,
    {% for steps in [1, 24, 168] %}
    origins.paid_count_{{ steps }} as origin_paid_count_{{ steps }},
    origins.paid_amount_{{ steps }} as origin_paid_amount_{{ steps }},
    origins.received_count_{{ steps }} as origin_received_count_{{ steps }},
    origins.received_amount_{{ steps }} as origin_received_amount_{{ steps }},
    destinations.paid_count_{{ steps }} as destination_paid_count_{{ steps }},
    destinations.paid_amount_{{ steps }} as destination_paid_amount_{{ steps }},
    destinations.received_count_{{ steps }} as destination_received_count_{{ steps }},
    destinations.received_amount_{{ steps }} as destination_received_amount_{{ steps }},
    {% endfor %}
    origins.paid_count as origin_paid_count,
    {{ safe_divide('origins.paid_amount', 'origins.paid_count', 2) }} as origin_paid_mean,
    {{ sample_stddev('origins.paid_count', 'origins.paid_amount', 'origins.paid_amount_squared') }}
        as origin_paid_stddev,
    origins.paid_amount_max as origin_paid_max,
    {{ safe_divide('transactions.amount', 'origins.paid_amount_max') }} as amount_to_max_ratio,
    {{ amount_zscore('transactions.amount', 'origins') }} as amount_zscore,
    origins.counterparty_entry_count = 0 as has_new_counterparty,
    origins.counterparty_count as origin_counterparty_count,
    origins.new_counterparty_count_24 as origin_new_counterparty_count_24,
    destinations.counterparty_count as destination_counterparty_count,
    destinations.new_counterparty_count_24 as destination_new_counterparty_count_24,
    origins.near_threshold_paid_count_24 as origin_near_threshold_count_24,
    destinations.near_threshold_received_count_24 as destination_near_threshold_count_24,
    origins.steps_since_received as origin_steps_since_received,
    destinations.steps_since_received as destination_steps_since_received,
    {{ empties_origin('transactions') }}
    and coalesce(origins.steps_since_received <= {{ var('pass_through_steps') }}, false)
        as passes_money_through
from transactions
inner join origins on transactions.transaction_id = origins.transaction_id
inner join destinations on transactions.transaction_id = destinations.transaction_id
{% if is_incremental() %}
-- A transaction that is new, however late, changes what was known of both its accounts from then on.
left join news as origin_news
    on transactions.origin_id = origin_news.account_id and transactions.step >= origin_news.first_step
left join news as destination_news
    on
        transactions.destination_id = destination_news.account_id
        and transactions.step >= destination_news.first_step
where origin_news.account_id is not null or destination_news.account_id is not null
{% endif %}
