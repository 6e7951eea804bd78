"""What holds data, and what encrypts it."""
