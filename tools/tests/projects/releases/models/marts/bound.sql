select edition from {{ ref('printed') }}
