{#-
    SQL of the verdict on rows, from the three counts. Great Expectations divides two floating-point numbers and
    compares the quotient with `mostly`; so does this, or the edge would be elsewhere. Nothing to judge is met.
-#}
{% macro mostly_is_met(mostly) %}
    {%- if mostly is not number or mostly < 0 or mostly > 1 -%}
        {%- do exceptions.raise_compiler_error('mostly is a number from 0 to 1') -%}
    {%- endif -%}
    {%- set double = dataops_toolkit.double_type() -%}
    case
        when expectation_element_count = expectation_missing_count then true
        else
            cast(
                expectation_element_count - expectation_missing_count - expectation_unexpected_count as {{ double }}
            ) / cast(expectation_element_count - expectation_missing_count as {{ double }})
            >= cast('{{ mostly }}' as {{ double }})
    end
{%- endmacro %}
