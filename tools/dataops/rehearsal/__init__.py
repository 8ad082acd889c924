"""What an engine promises, tried on a throw-away production beside the user's own."""
