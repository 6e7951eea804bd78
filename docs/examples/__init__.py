"""Stacks that use the service; a test synthesizes them."""
