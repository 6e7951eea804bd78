"""Programs behind the Makefile that are no tests."""
