"""What the operator allows: which numbers, how many messages, and whether at all."""
