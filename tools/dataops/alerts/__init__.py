"""What somebody is told of production: what is new, how it is worded, where it is sent."""
