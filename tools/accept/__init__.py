"""`make accept`: checks a deployment from request to verified code, and reports differences."""
