"""Releases on PostgreSQL: relations are built in schemas beside production's and moved there in one transaction."""
