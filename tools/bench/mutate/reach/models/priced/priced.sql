select id, {% for column in model.columns.values() if not column.meta.masked %}{{ column.name }}, {% endfor %}'{{ config.get('meta', {}).get('currency') }}' as currency
from {{ ref('stg_orders') }}
