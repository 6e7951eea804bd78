"""At most one text per ReferenceId."""
