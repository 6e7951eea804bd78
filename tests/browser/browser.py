"""The browser of this machine: none is downloaded."""

import os
import shutil
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

ARGUMENTS = (
    # Chromium's own sandbox needs what containers and root do not have; the pages are ours.
    "--no-sandbox",
    # It asks nobody for anything.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # A site whose name leads to this machine.
    "--host-resolver-rules=MAP attacker.example 127.0.0.1",
)

HOW_TO_GET_ONE = (
    "There is no browser. Install Chromium (Debian: apt-get install chromium; "
    "macOS: brew install --cask chromium), or name one with CHROMIUM=/path/to/browser."
)


def find(environment: Mapping[str, str] = os.environ) -> str:
    """Find a browser of Chromium's family.

    Args:
        environment: `CHROMIUM` names one; else those usual on the `PATH` are tried.

    Raises:
        FileNotFoundError: there is none; its text says how to get one.

    """
    wanted = environment.get("CHROMIUM")
    for name in [wanted] if wanted else NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            return found
    raise FileNotFoundError(HOW_TO_GET_ONE)
