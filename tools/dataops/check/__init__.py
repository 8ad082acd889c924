"""Conventions: rules on the parsed project. A rule of a project needs `from dataops.check import Problem, rule`."""

from dataops.check.rule import Problem, rule

__all__ = ["Problem", "rule"]
