"""What comes from elsewhere: suites of Great Expectations, the runs that Elementary stored."""
