with targets as (
    select * from {{ ref('int_targets_held_out') }}
),

recommended as (
    select
        items.*,
        case when targets.item_id is not null then items.visitor_id end as hit_visitor_id
    from {{ ref('int_items_recommended') }} as items
    left join targets on items.visitor_id = targets.visitor_id and items.item_id = targets.item_id
),

sizes as (
    {%- for size in var('evaluation_sizes') %}
    select {{ size }} as list_size
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        recommended.method,
        sizes.list_size,
        count(distinct recommended.visitor_id) as served_visitor_count,
        count(distinct recommended.hit_visitor_id) as hit_visitor_count,
        count(distinct recommended.item_id) as recommended_item_count
    from recommended
    inner join sizes on recommended.recommendation_rank <= sizes.list_size
    group by recommended.method, sizes.list_size
),

totals as (
    select
        (select count(distinct visitor_id) from targets) as visitor_count,
        (select count(*) from {{ ref('int_popularity_trained') }}) as catalogue_item_count,
        (select cutoff_date from {{ ref('int_evaluation_window') }}) as cutoff_date
)

select
    counted.method,
    cast(counted.list_size as integer) as list_size,
    totals.cutoff_date,
    cast(totals.visitor_count as integer) as visitor_count,
    cast(counted.served_visitor_count as integer) as served_visitor_count,
    cast(counted.hit_visitor_count as integer) as hit_visitor_count,
    {{ safe_divide('counted.hit_visitor_count', 'totals.visitor_count') }} as hit_rate,
    {{ safe_divide('counted.served_visitor_count', 'totals.visitor_count') }} as visitor_coverage,
    {{ safe_divide('counted.recommended_item_count', 'totals.catalogue_item_count') }} as item_coverage
from counted
cross join totals
