select id, score from {{ ref('scored') }}
