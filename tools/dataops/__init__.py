"""dbt-dataops: slim CI, release and observation for teams on dbt Core."""

__version__ = "0.1.0"
