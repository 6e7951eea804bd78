"""Phone numbers for tests against emulators: no text ever reaches a phone."""

import hashlib

# The sandbox's reserved numbers, which simulate failures, are in this exchange.
_FICTION = 555


def number_for(reference_id: str) -> str:
    """Map a ReferenceId to a Seattle number, spread over 799 blocks to stay below block limits."""
    place = int.from_bytes(hashlib.sha256(reference_id.encode()).digest()[:8], "big")
    exchanges = [exchange for exchange in range(200, 1000) if exchange != _FICTION]
    exchange = exchanges[place % len(exchanges)]
    return f"+1206{exchange}{place // len(exchanges) % 10_000:04}"


def number_in_range(place: int, reference_id: str) -> str:
    """Give a number for a ReferenceId in one of eight ranges, which the guard tells apart."""
    rest = int.from_bytes(hashlib.sha256(reference_id.encode()).digest()[:8], "big") % 100_000
    return f"+1971{2 + place}0{rest:05}"
