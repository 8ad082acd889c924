{#-
    The rows of a relation with `session_started_at`: a visitor's session goes on while each event follows the one
    before it within the gap, also over midnight, and opens anew after a longer pause. A start depends on the events
    of its own session and on nothing before them, so an incremental model may begin at any start.
-#}
{% macro sessionise(relation, visitor, occurred_at, gap_minutes) %}
    {{- return(adapter.dispatch('sessionise')(relation, visitor, occurred_at, gap_minutes)) -}}
{% endmacro %}

{% macro default__sessionise(relation, visitor, occurred_at, gap_minutes) -%}
    select
        opened.*,
        max(opened.opened_at) over (
            partition by opened.{{ visitor }} order by opened.{{ occurred_at }}
            rows between unbounded preceding and current row
        ) as session_started_at
    from (
        select
            paced.*,
            case
                when paced.previous_at is null then paced.{{ occurred_at }}
                when paced.{{ occurred_at }} > {{ dbt.dateadd('minute', gap_minutes, 'paced.previous_at') }}
                    then paced.{{ occurred_at }}
            end as opened_at
        from (
            select
                events.*,
                lag(events.{{ occurred_at }}) over (
                    partition by events.{{ visitor }} order by events.{{ occurred_at }}
                ) as previous_at
            from {{ relation }} as events
        ) as paced
    ) as opened
{%- endmacro %}
