"""The bundle that is deployed: the code and its dependencies."""
