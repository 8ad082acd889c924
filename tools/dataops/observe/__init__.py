"""What production did and how it is: the record of every run, what is paused, and what is read from both."""
