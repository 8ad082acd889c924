"""Tests and monitors that a table's rows speak for, each with its evidence, and their place in the project's YAML."""
