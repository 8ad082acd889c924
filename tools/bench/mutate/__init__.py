"""The mutation harness: does the plan ever leave alone a relation that a change makes differ?

One random edit at a time is made in a copy of a dbt project. The truth is what dbt builds in full before and after
it; the plan and dbt's own `state:modified+` are held against that.
"""
