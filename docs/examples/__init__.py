"""Stacks and code that use the service. Tests synthesize and run them."""
