"""Elementary's page from our own history."""
