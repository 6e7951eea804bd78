"""`make accept`: goes the whole way on a deployment, and says what differs."""
