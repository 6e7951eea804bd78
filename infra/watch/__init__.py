"""What is measured, who is told, and where to look."""
