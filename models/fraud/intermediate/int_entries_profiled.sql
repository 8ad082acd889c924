{{
    config(
        materialized='incremental',
        unique_key=['transaction_id', 'account_role'],
        on_schema_change='fail'
    )
}}

with
{% if is_incremental() %}
news as (
    {{ accounts_with_news(ref('int_entries_posted')) }}
),
{% endif %}

entries as (
    select * from {{ ref('int_entries_posted') }}
    {% if is_incremental() %}
    where account_id in (select news.account_id from news)
    {% endif %}
),

-- Every frame ends one step before the entry's own: what happens within the same hour is not known.
profiled as (
    select
        transaction_id,
        account_role,
        account_id,
        step,
        {% for steps in [1, 24, 168] %}
        cast(coalesce(sum(paid) over last_{{ steps }}, 0) as integer) as paid_count_{{ steps }},
        cast(coalesce(sum(paid_amount) over last_{{ steps }}, 0) as numeric(18, 2))
            as paid_amount_{{ steps }},
        cast(coalesce(sum(received) over last_{{ steps }}, 0) as integer) as received_count_{{ steps }},
        cast(coalesce(sum(received_amount) over last_{{ steps }}, 0) as numeric(18, 2))
            as received_amount_{{ steps }},
        {% endfor %}
        cast(coalesce(sum(new_counterparty) over last_24, 0) as integer) as new_counterparty_count_24,
        cast(coalesce(sum(paid * near_threshold) over last_24, 0) as integer)
            as near_threshold_paid_count_24,
        cast(coalesce(sum(received * near_threshold) over last_24, 0) as integer)
            as near_threshold_received_count_24,
        cast(coalesce(sum(new_counterparty) over earlier, 0) as integer) as counterparty_count,
        cast(coalesce(sum(paid) over earlier, 0) as integer) as paid_count,
        cast(sum(paid_amount) over earlier as numeric(18, 2)) as paid_amount,
        cast(sum(paid_amount_squared) over earlier as numeric(28, 4)) as paid_amount_squared,
        cast(max(case when paid = 1 then amount end) over earlier as numeric(18, 2)) as paid_amount_max,
        cast(step - max(case when received = 1 then step end) over earlier as integer)
            as steps_since_received,
        cast(count(*) over earlier_with_counterparty as integer) as counterparty_entry_count
    from entries
    window
        last_1 as (partition by account_id order by step range between 1 preceding and 1 preceding),
        last_24 as (partition by account_id order by step range between 24 preceding and 1 preceding),
        last_168 as (partition by account_id order by step range between 168 preceding and 1 preceding),
        earlier as (partition by account_id order by step range between unbounded preceding and 1 preceding),
        earlier_with_counterparty as (
            partition by account_id, counterparty_id order by step
            range between unbounded preceding and 1 preceding
        )
)

select profiled.*
from profiled
{% if is_incremental() %}
inner join news
    on profiled.account_id = news.account_id and profiled.step >= news.first_step
{% endif %}
