"""Write, audit, publish: build the next release beside production, test it, and only then let it replace production."""
