-- Failing means: on the later week, lists from pairs of items hit no more visitors than the list of
-- popular items that everybody gets. Do not ship them: look for bots, for too low a floor of support,
-- for a feed that stopped.
{{ config(severity='warn', group='recommendations') }}

select
    cooccurrence.list_size,
    cooccurrence.hit_rate,
    popularity.hit_rate as popularity_hit_rate
from {{ ref('fct_recommendation_quality') }} as cooccurrence
inner join {{ ref('fct_recommendation_quality') }} as popularity
    on cooccurrence.list_size = popularity.list_size
where
    cooccurrence.method = 'cooccurrence'
    and popularity.method = 'popularity'
    and cooccurrence.hit_rate <= popularity.hit_rate
