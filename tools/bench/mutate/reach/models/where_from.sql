select {{ source('files', 'orders') }} as place
