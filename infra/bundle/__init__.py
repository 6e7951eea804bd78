"""What is deployed: the code and its dependencies."""
