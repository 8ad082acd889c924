{#-
    Whether a transaction meets every condition of a rule. A bound that is blank in the rule is no condition; a
    feature that is blank, as for an account without a history, meets no bound.
-#}
{% macro meets_rule(features, rules) %}
    {%- set bounded = [
        'amount', 'amount_to_max_ratio', 'amount_zscore', 'origin_paid_count', 'origin_paid_count_1',
        'origin_new_counterparty_count_24', 'destination_new_counterparty_count_24',
        'destination_near_threshold_count_24'
    ] -%}
    {%- set flags = ['empties_origin', 'passes_money_through', 'has_new_counterparty', 'is_near_threshold'] -%}
    ({{ rules }}.transaction_type is null or {{ features }}.transaction_type = {{ rules }}.transaction_type)
    {%- for feature in bounded %}
    and ({{ rules }}.min_{{ feature }} is null or {{ features }}.{{ feature }} >= {{ rules }}.min_{{ feature }})
    {%- endfor %}
    {%- for flag in flags %}
    and (not {{ rules }}.needs_{{ flag }} or {{ features }}.{{ flag }})
    {%- endfor %}
{%- endmacro %}
