"""What an orchestrator is told of a command while it runs."""
