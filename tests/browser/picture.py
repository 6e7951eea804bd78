"""Pictures of the page for the README, which know which state of the page they show.

A picture cannot be compared: its codes and times are new each time, and another machine has other
fonts. So each carries a digest of the files that make the page.
"""

import hashlib
import struct
import zlib
from pathlib import Path

from sandbox.state import ROOT

FOLDER = ROOT / "docs" / "images"
_PAGE = ROOT / "sandbox" / "page"

_KEYWORD = b"page\0"
# The signature, and the first chunk, which is the header's 13 bytes with length, type and checksum:
# https://www.w3.org/TR/png-3/#5DataRep
_AFTER_THE_HEADER = 8 + 4 + 4 + 13 + 4


def digest() -> str:
    """Digest the files of the page that is there now."""
    files = [*_PAGE.rglob("phone.*"), *_PAGE.rglob("*.js"), _PAGE / "static" / "theme.css"]
    digested = hashlib.sha256()
    for file in sorted(set(files)):
        digested.update(hashlib.sha256(file.read_bytes()).digest())
    return digested.hexdigest()


def write(path: Path, png: bytes) -> None:
    """Write a picture of the page that is there now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _KEYWORD + digest().encode()
    checksum = zlib.crc32(b"tEXt" + content)
    chunk = struct.pack(">I", len(content)) + b"tEXt" + content + struct.pack(">I", checksum)
    path.write_bytes(png[:_AFTER_THE_HEADER] + chunk + png[_AFTER_THE_HEADER:])


def shows_the_page_of_now(path: Path) -> bool:
    """Whether a picture is of the page that is there now."""
    return _KEYWORD + digest().encode() in path.read_bytes()
