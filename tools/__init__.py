"""Programs behind make targets that are not tests."""
