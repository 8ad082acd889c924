{#-
    SQL: 1 where the training data spread more than a Poisson or binomial distribution does, -1 where they spread much
    less (a table that has exactly 24 rows each day), 0 where they are as they should be. By the index of dispersion
    (Fisher 1925): above its upper fifth or not yet to be known, or, with a quarter added for whole numbers, below its lower thousandth, by the
    approximation of chi square of Wilson and Hilferty (1931). Seasons are not alike in spread: with them never -1.
-#}
{% macro dispersion(settings) -%}
    {%- if settings.standard -%}
    {{ dataops_toolkit.by_distribution(settings, {'normal': '1', 'count': '0', 'proportion': '0'}) }}
    {%- else -%}
    {%- set share = 'least(greatest(centre / ' ~ settings.unit ~ ', 0), 1)' -%}
    {%- set units = {
        'count': ('sigma * sigma', 'greatest(centre, 0)'),
        'proportion': ('sigma * sigma * mean_trials * mean_trials / ' ~ settings.unit * settings.unit,
                       'mean_trials * ' ~ share ~ ' * (1 - ' ~ share ~ ')')
    } -%}
    {%- set expressions = {'normal': '1'} -%}
    {%- for kind, (found, expected) in units.items() -%}
        {%- set expression -%}
            case
                -- Too few points to tell: the wider limits.
                when freedom < 5 then 1
                when {{ found }} > {{ expected }} * power(1 - 2 / (9 * freedom) + 0.8416 * sqrt(2 / (9 * freedom)), 3) then 1
                {%- if not settings.seasonality %}
                when {{ found }} + 0.25
                < {{ expected }} * power(1 - 2 / (9 * freedom) - 3.0902 * sqrt(2 / (9 * freedom)), 3) then -1
                {%- endif %}
                else 0
            end
        {%- endset -%}
        {%- do expressions.update({kind: expression}) -%}
    {%- endfor -%}
    {{ dataops_toolkit.by_distribution(settings, expressions) }}
    {%- endif -%}
{%- endmacro %}
