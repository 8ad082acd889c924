def model(dbt, session):
    dbt.config(materialized="table", packages=["numpy"])
    dbt.config.get("threshold")
    return dbt.ref("totals")
