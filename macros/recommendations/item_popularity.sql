{#-
    Items with their events and their popularity on a day: the events' weights, halved with each half-life of age.
    Takes events (item_id, visitor_id, occurred_at, event_type, event_weight) and a date.
-#}
{% macro item_popularity(events, as_of_date) -%}
    select
        item_id,
        cast(count(*) as integer) as event_count,
        cast(sum(case when event_type = 'transaction' then 1 else 0 end) as integer) as transaction_count,
        cast(count(distinct visitor_id) as integer) as visitor_count,
        cast(sum(event_weight * {{ time_decay(days_between('occurred_at', as_of_date)) }}) as numeric(18, 6))
            as popularity
    from {{ events }}
    group by item_id
{%- endmacro %}
