"""Releases on Spark: databases that are never changed, and production's views onto them, replaced one by one."""
