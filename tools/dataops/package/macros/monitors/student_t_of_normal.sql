{#-
    SQL: the quantile of Student's distribution with `freedom` degrees at the tail of the standard normal deviate `z`,
    a number or a column. Hill (1970), Algorithm 396, Communications of the ACM 13(10), its branch for other than
    extreme tails; the exact quantile at 2 degrees, where z is a number. From 3 degrees the tail beyond 3 sigma is met
    within 0.1 %, beyond 5 sigma within 6 % at 3 degrees and 0.1 % from 5.
-#}
{% macro student_t_of_normal(z, freedom) -%}
    {%- set least = dataops_toolkit.exact_t_at_two_degrees(z) if z is number else none -%}
    {#- A number with decimals would be a decimal, and overflow in powers. -#}
    {%- set z = 'cast(' ~ z ~ ' as ' ~ dataops_toolkit.double_type() ~ ')' if z is number else z -%}
    {%- set x = '(-abs(' ~ z ~ '))' -%}
    {%- set a = '(1 / (' ~ freedom ~ ' - 0.5))' -%}
    {%- set b = '(48 / (' ~ a ~ ' * ' ~ a ~ '))' -%}
    {%- set c = '(((20700 * ' ~ a ~ ' / ' ~ b ~ ' - 98) * ' ~ a ~ ' - 16) * ' ~ a ~ ' + 96.36)' -%}
    {%- set d = '(((94.5 / (' ~ b ~ ' + ' ~ c ~ ') - 3) / ' ~ b ~ ' + 1) * sqrt(' ~ a ~ ' * 1.5707963267948966) * '
        ~ freedom ~ ')' -%}
    {%- set few = '(case when ' ~ freedom ~ ' < 5 then 0.3 * (' ~ freedom ~ ' - 4.5) * (' ~ x ~ ' + 0.6) else 0 end)' -%}
    {%- set e = '((((0.05 * ' ~ d ~ ' * ' ~ x ~ ' - 5) * ' ~ x ~ ' - 7) * ' ~ x ~ ' - 2) * ' ~ x ~ ' + ' ~ b ~ ' + '
        ~ c ~ ' + ' ~ few ~ ')' -%}
    {%- set square = '(' ~ z ~ ' * ' ~ z ~ ')' -%}
    {%- set y = '(((((0.4 * ' ~ square ~ ' + 6.3) * ' ~ square ~ ' + 36) * ' ~ square ~ ' + 94.5) / ' ~ e ~ ' - '
        ~ square ~ ' - 3) / ' ~ b ~ ' + 1) * ' ~ x -%}
    {%- set t -%}
        sign({{ z }}) * sqrt({{ freedom }} * (exp(least({{ a }} * power({{ y }}, 2), 200)) - 1))
    {%- endset -%}
    {%- if least is none -%}
    {{ t }}
    {%- else -%}
    case when {{ freedom }} <= 2 then {{ least }} else {{ t }} end
    {%- endif -%}
{%- endmacro %}
