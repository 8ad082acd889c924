"""What every invocation did, as Parquet files that are only ever added. docs/history.md has their columns."""
