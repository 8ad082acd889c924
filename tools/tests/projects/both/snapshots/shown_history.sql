{% snapshot shown_history %}
{{ config(target_schema='olds', unique_key='id', strategy='check', check_cols=['id']) }}
select * from {{ ref('shown') }}
{% endsnapshot %}
