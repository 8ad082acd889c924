{#-
    CTEs from `monitor_charted` to `monitor_whitened`: `w`, what of a deviate the point before does not explain. The run
    lengths of EWMA, CUSUM and run rules are those of independent points; hourly figures follow themselves, and each slow
    wave would be a shift. The residual of an autoregression of order 1 over the earlier points that train (Alwan and
    Roberts 1988), its coefficient from deviates cut at 3, so that no spike makes or breaks it, and drawn to 0 by as much as
    it may be chance; it is 0 for fewer than 20 pairs. Where a standard is given, points are what it says they are.
    `recalled` is what was explained, `unexplained` the deviation of the rest.
-#}
{% macro unexplained_deviates(settings) -%}
    {%- if settings.standard -%}
    monitor_whitened as (
        select
            *,
            z as w,
            0 as recalled,
            1 as unexplained
        from monitor_charted
    )
    {%- else -%}
    {%- set before = dataops_toolkit.before_point() -%}
    {%- set series = 'partition by metric, dimension order by bucket_index' -%}
    monitor_lagged as (
        select
            *,
            lag(case when not is_excluded then z end) over ({{ series }}) as z_before
        from monitor_charted
    ),

    monitor_products_of_pairs as (
        select
            *,
            -- Of two that are known: `greatest` of an unknown one is the other number in some warehouses.
            case
                when training_value is not null and z is not null and z_before is not null
                    then least(greatest(z, -3), 3) * least(greatest(z_before, -3), 3)
            end as product,
            case
                when training_value is not null and z is not null and z_before is not null
                    then power(least(greatest(z_before, -3), 3), 2)
            end as square
        from monitor_lagged
    ),

    monitor_sums_of_pairs as (
        select
            *,
            sum(product) over {{ before }} as products_before,
            sum(square) over {{ before }} as squares_before,
            count(product) over {{ before }} as pairs_before
        from monitor_products_of_pairs
    ),

    monitor_recollections as (
        select
            *,
            case
                when z_before is not null and pairs_before >= 20 and products_before > 0
                    then least(
                        products_before / squares_before
                        * greatest(1 - 4 * power(squares_before / products_before, 2) / pairs_before, 0), 0.99
                    )
                else 0
            end as persistence
        from monitor_sums_of_pairs
    ),

    monitor_whitened as (
        select
            *,
            (z - persistence * coalesce(z_before, 0)) / sqrt(1 - persistence * persistence) as w,
            persistence * coalesce(z_before, 0) as recalled,
            sqrt(1 - persistence * persistence) as unexplained
        from monitor_recollections
    )
    {%- endif -%}
{%- endmacro %}
