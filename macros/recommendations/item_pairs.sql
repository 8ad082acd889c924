{#-
    Ordered pairs of items that occur in a session together, from rows (session_id, item_id) that are unique. Sessions
    with more items than `cooccurrence_maximum_items` are left out of every count: their pairs grow with the square
    and say little. Pairs in fewer sessions than `cooccurrence_minimum_sessions` are left out of the result.
-#}
{% macro item_pairs(session_items) -%}
    with sized as (
        select
            sessions.session_id,
            sessions.item_id,
            count(*) over (partition by sessions.session_id) as item_count
        from {{ session_items }} as sessions
    ),

    baskets as (
        select
            session_id,
            item_id
        from sized
        where item_count <= {{ var('cooccurrence_maximum_items') }}
    ),

    total as (
        select count(distinct session_id) as session_count
        from baskets
    ),

    items as (
        select
            item_id,
            count(*) as session_count
        from baskets
        group by item_id
    ),

    together as (
        select
            one.item_id,
            other.item_id as other_item_id,
            count(*) as session_count
        from baskets as one
        inner join baskets as other on one.session_id = other.session_id
        where one.item_id <> other.item_id
        group by one.item_id, other.item_id
        having count(*) >= {{ var('cooccurrence_minimum_sessions') }}
    )

    select
        together.item_id,
        together.other_item_id,
        cast(together.session_count as integer) as session_count,
        {{ safe_divide('together.session_count', 'total.session_count', 8) }} as support,
        {{ safe_divide('together.session_count', 'item.session_count', 6) }} as confidence,
        {{ safe_divide(
            'together.session_count * total.session_count', 'item.session_count * other_item.session_count', 6
        ) }} as lift
    from together
    inner join items as item on together.item_id = item.item_id
    inner join items as other_item on together.other_item_id = other_item.item_id
    cross join total
{%- endmacro %}
