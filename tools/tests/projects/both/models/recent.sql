select id from {{ ref('names') }} where id > {{ var('first_year') }}
