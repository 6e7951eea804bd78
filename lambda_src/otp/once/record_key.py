"""The key of a ReferenceId's record, for those who do not write it: without Powertools' imports."""

import hashlib
import json

#: Fixed: Powertools' default is made of the function's names, and a rename would text again.
PREFIX = "send"


def record_key(reference_id: str) -> str:
    """Give the key, as Powertools makes it."""
    return f"{PREFIX}#{hashlib.sha256(json.dumps(reference_id).encode()).hexdigest()}"
