{#-
    SQL: when a run rule fires, as {name, up, down}: Nelson (1984), Journal of Quality Technology 16(4), by number, and
    Western Electric's (1956) run of eight. The point itself must belong to the run that it ends.
-#}
{% macro run_rule(number) %}
    {% do return({
        1: ('beyond_3_sigma', 'deviate > 3', 'deviate < -3'),
        2: ('nine_on_one_side', 'nine_up = 9', 'nine_down = 9'),
        3: ('six_rising_or_falling', 'rises = 5', 'falls = 5'),
        4: ('fourteen_alternating', 'turns = 12', 'turns = 12'),
        5: ('two_of_three_beyond_2_sigma', 'beyond_2_up >= 2 and deviate > 2', 'beyond_2_down >= 2 and deviate < -2'),
        6: ('four_of_five_beyond_1_sigma', 'beyond_1_up >= 4 and deviate > 1', 'beyond_1_down >= 4 and deviate < -1'),
        7: ('fifteen_within_1_sigma', 'within_1 = 15', 'within_1 = 15'),
        8: ('eight_outside_1_sigma', 'outside_1 = 8', 'outside_1 = 8'),
        'run_of_8': ('eight_on_one_side', 'eight_up = 8', 'eight_down = 8')
    }[number]) %}
{% endmacro %}
