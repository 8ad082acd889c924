"""Brings a text to where people review changes: one comment on the pull or merge request."""
