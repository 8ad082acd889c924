"""Where this runs: git, the machine and its job, what reads the output."""
