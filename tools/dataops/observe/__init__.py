"""What is known of production between releases: which nodes are paused, and why."""
