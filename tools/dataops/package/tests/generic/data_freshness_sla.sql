{#-
    Fails when the deadline of today has passed and the newest row is of an earlier day, in the time zone that is named.
    Returns one row: the hours since the newest row, and how many they may be.
-#}
{% test data_freshness_sla(
    model, timestamp_column, sla_time, timezone, day_of_week=none, day_of_month=none, where_expression=none
) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set seconds = dataops_toolkit.seconds_of(model, timestamp_column) %}
{%- set today = dataops_toolkit.sla_of_today(sla_time, timezone, day_of_week, day_of_month) %}
with monitor_measured as (
    -- A row of the days to come makes no table fresh.
    select max(case when {{ seconds }} <= {{ today.now + 86400 }} then {{ seconds }} end) as newest
    from {{ model }}
    {%- if where_expression %}
    where {{ where_expression }}
    {%- endif %}
),

monitor_judged as (
    select
        *,
        {{ 'coalesce(newest, 0) < ' ~ today.began if today.is_due else '(1 = 0)' }} as is_anomaly
    from monitor_measured
)

select
    'data_freshness' as metric,
    cast(null as {{ dbt.type_string() }}) as dimension,
    {{ dataops_toolkit.timestamp_of_epoch_seconds(today.began) }} as bucket,
    ({{ today.now }} - newest) / 3600.0 as value,
    {{ today.now - today.began }} / 3600.0 as upper,
    case when is_anomaly then 'no_data_of_today' end as rule,
    is_anomaly,
    {{ dataops_toolkit.anomalies_in_all() }}
from monitor_judged
{% endtest %}
