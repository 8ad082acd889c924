"""The site as a server of this machine: the same pages, which follow what happens."""
