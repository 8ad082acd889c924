with visitors as (
    select distinct
        visitor_id,
        seen_item_count
    from {{ ref('int_targets_held_out') }}
),

seen as (
    select * from {{ ref('int_visitors_trained') }}
),

scored as (
    select
        'cooccurrence' as method,
        seen.visitor_id,
        pairs.other_item_id as item_id,
        sum(pairs.confidence) as score
    from visitors
    inner join seen on visitors.visitor_id = seen.visitor_id
    inner join {{ ref('int_pairs_trained') }} as pairs on seen.item_id = pairs.item_id
    where seen.recency_rank <= {{ var('evaluation_history_items') }}
    group by seen.visitor_id, pairs.other_item_id
    union all
    -- So deep into the list that enough is left without the items seen.
    select
        'popularity' as method,
        visitors.visitor_id,
        popular.item_id,
        popular.popularity as score
    from visitors
    inner join {{ ref('int_popularity_trained') }} as popular
        on popular.popularity_rank <= visitors.seen_item_count + {{ var('evaluation_sizes') | max }}
),

ranked as (
    select
        scored.*,
        row_number() over (
            partition by scored.method, scored.visitor_id order by scored.score desc, scored.item_id asc
        ) as recommendation_rank
    from scored
    left join seen on scored.visitor_id = seen.visitor_id and scored.item_id = seen.item_id
    where seen.item_id is null
)

select * from ranked
where recommendation_rank <= {{ var('evaluation_sizes') | max }}
