"""Elementary's own page, fed from the history."""
