"""What differs between two relations, row by row and column by column."""
