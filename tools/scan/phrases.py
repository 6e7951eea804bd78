"""Checks terms and phrases in pages, docstrings, comments and messages: part of `make check`.

codespell and proselint know the mistakes of all texts. These are ours: terms of the contract and of
AWS that have one spelling, and phrases that readers had to read twice.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

# A regular expression, and what to write instead.
_INSTEAD = {
    r"\b[Rr]eference[ -]I[Dd]s?\b|\b[Rr]eference ids?\b|\b[Rr]eferenceID\b": "ReferenceId",
    r"\b[Dd]estination [Ii]dentity\b": "DestinationIdentity",
    r"\b[Dd]elivery [Ss]tatus\b": "DeliveryStatus",
    r"\b[Ii]dempotence\b": "idempotency",
    r"\b[Oo]ne time password": "one-time password",
    r"\bA[Pp][Ii] gateway\b|\bApi Gateway\b": "API Gateway",
    r"\bDynamo DB\b|\bDynamoDb\b": "DynamoDB",
    r"\bCloudwatch\b|\bCloud Watch\b": "CloudWatch",
    r"\bPowerTools\b": "Powertools",
    r"\b[Tt]ime-out\b": "timeout",
    r"\b[Ee]-mail\b": "email",
    r"\b(a|an|and|in|is|it|of|that|the|to) \1\b": "the word once",
    r"\b[Nn]obody foresaw\b": "unhandled, unexpected",
    r"\b[Ww]hoever\b": "the name of the person or the thing",
    r"\ball the world\b": "anybody, anything",
    r"(?<!\b[Tt]here )\b(is|are) none\b(?! of)": "is invalid, is not one",
    r"\bis said by\b": "defines",
    r"\bdoes not let us\b": "denied the request",
    r"\btoo quick\b": "conflicting writes",
    r"\bwithout which\b": "what happens if it is missing, in a sentence of its own",
    r"\b[Oo]f the class:": "the class as the subject",
}


def main() -> int:
    """Check the files that the arguments name; returns 1 if a line must change."""
    lines = [line for name in sys.argv[1:] for line in found(name, Path(name).read_text("utf-8"))]
    print(*lines, sep="\n")
    return int(bool(lines))


def found(name: str, text: str) -> Iterator[str]:
    """Name each line of a text that must change, and what to write instead."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in _INSTEAD.items():
            if match := re.search(pattern, line):
                yield f'{name}:{number}: "{match[0]}": write: {instead}'


if __name__ == "__main__":
    sys.exit(main())
