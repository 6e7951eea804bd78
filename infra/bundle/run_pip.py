"""Runs pip with only those of the user's settings that say where files come from.

Other settings would change what is installed (platform, requirement), where (user, root) or whether
(dry-run). It is a script, `python -I infra/bundle/run_pip.py install …`, since an environment that
`make setup` has just made can import nothing else; -I keeps out Python's own variables.
"""

import ast
import os
import re
import subprocess
import sys

# https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order: the last one wins.
_SECTIONS = ("global", "install", ":env:")
_WHERE_FROM = frozenset(
    (
        *("cache-dir", "cert", "client-cert", "default-timeout", "extra-index-url", "find-links"),
        *("index-url", "keyring-provider", "no-index", "no-proxy-env", "proxy", "pypi-url"),
        *("resume-retries", "retries", "timeout", "trusted-host", "use-deprecated", "use-feature"),
    )
)

_PIP = (sys.executable, "-I", "-m", "pip")


def main() -> None:
    """Run pip in place of this process."""
    # A pip.conf may say "quiet", which counts against -v.
    listed = subprocess.run(  # noqa: S603 - our own arguments
        [*_PIP, "config", "list", "-vvv"],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    if listed.returncode:
        sys.exit(f"ERROR: pip config list failed: {' '.join(listed.stderr.split())}")
    settings = re.findall(r"^([a-z:]+)\.([\w-]+)=(.+)$", listed.stdout, re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    for section in _SECTIONS:
        for of, option, value in settings:
            if of == section and option in _WHERE_FROM:
                environment[f"PIP_{option.replace('-', '_').upper()}"] = ast.literal_eval(value)
    environment["PIP_CONFIG_FILE"] = os.devnull
    os.execve(sys.executable, [*_PIP, *sys.argv[1:]], environment)  # noqa: S606 - our own arguments


if __name__ == "__main__":
    main()
