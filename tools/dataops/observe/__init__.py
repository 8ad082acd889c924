"""What production did and how it is: the record of every run, and what is read from it."""
