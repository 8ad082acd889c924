"""The Python model of the project: it asks its configuration for settings that dbt has no meaning for."""


def model(dbt, session):
    factor = dbt.config.get("factor")
    unit = dbt.config.get("meta")["unit"] if dbt.config.get("meta") else "none"
    orders = dbt.ref("stg_orders")
    return orders.project(f"id, amount * {factor} as amount, '{unit}' as unit")
