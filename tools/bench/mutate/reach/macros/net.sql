{% macro default__net(amount) %}({{ amount }} * 50 / 100){% endmacro %}

{% macro listed(values) %}{{ values['eu'] + values['us'] }}{% endmacro %}

{% macro default__gross(amount) %}({{ amount }} * 3){% endmacro %}
