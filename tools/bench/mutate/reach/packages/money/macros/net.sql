{% macro net(amount) %}{{ return(adapter.dispatch('net', 'money')(amount)) }}{% endmacro %}

{% macro default__net(amount) %}({{ amount }} * 80 / {{ var('cents', 100) }}){% endmacro %}

{% macro duckdb__gross(amount) %}({{ amount }} * 12 / 10){% endmacro %}

{% macro gross(amount) %}{{ return(adapter.dispatch('gross', 'money')(amount)) }}{% endmacro %}
