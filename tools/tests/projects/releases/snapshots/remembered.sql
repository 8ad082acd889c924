{% snapshot remembered %}
{{ config(unique_key='id', strategy='check', check_cols=['edition']) }}
select 1 as id, edition from {{ ref('published') }}
{% endsnapshot %}
