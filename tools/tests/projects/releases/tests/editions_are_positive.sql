select edition from {{ ref('stacked') }} where edition < 1
