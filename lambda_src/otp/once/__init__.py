"""One ReferenceId, one message."""
