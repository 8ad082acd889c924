"""What a command does, told to a collector of OpenLineage: the run, its nodes, what they read, write and prove."""
