"""Phone numbers for tests: of nobody, or of whom they do not matter, since nothing is sent."""

import hashlib

# Some of 555's numbers are for fiction, and play the sandbox's failures.
_FICTION = 555


def number_for(reference_id: str) -> str:
    """Give a number in Seattle for a ReferenceId, always the same one.

    There are 799 blocks of numbers, so that a few thousand are far from the limit of any.
    """
    place = int.from_bytes(hashlib.sha256(reference_id.encode()).digest()[:8], "big")
    exchanges = [exchange for exchange in range(200, 1000) if exchange != _FICTION]
    exchange = exchanges[place % len(exchanges)]
    return f"+1206{exchange}{place // len(exchanges) % 10_000:04}"


def number_in_range(place: int, reference_id: str) -> str:
    """Give a number for a ReferenceId in one of eight ranges, which the guard tells apart."""
    rest = int.from_bytes(hashlib.sha256(reference_id.encode()).digest()[:8], "big") % 100_000
    return f"+1971{2 + place}0{rest:05}"
