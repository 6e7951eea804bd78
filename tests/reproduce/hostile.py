"""A builder's machine with settings and files that must not affect the deployed code."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.support.checkout import ROOT, copy_files_to

UMASK = 0o077

_PIP_CONF = """
[global]
quiet = 3
user = true
[install]
platform = win_amd64
root = {folder}/root
dry-run = true
"""

_SETTINGS = {
    "PIP_CONSTRAINT": "{folder}/constraints.txt",
    "PIP_IMPLEMENTATION": "pp",
    "PIP_NO_BINARY": ":all:",
    "PIP_PREFIX": "{folder}/prefix",
    "PIP_REQUIREMENT": "{folder}/requirements.txt",
    "PIP_USER": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONHOME": "{folder}",
    "PYTHONIOENCODING": "utf-16",
    "PYTHONOPTIMIZE": "2",
    "PYTHONPATH": "{folder}/modules",
    "PYTHONPYCACHEPREFIX": "{folder}/bytecode",
    "PYTHONSAFEPATH": "1",
    "LC_ALL": "POSIX",
    "SOURCE_DATE_EPOCH": "1",
    "TZ": "Pacific/Kiritimati",
}


def environment(folder: Path) -> Mapping[str, str]:
    """Return environment variables that a builder may have set; their files are in `folder`."""
    (folder / "modules").mkdir(parents=True)
    (folder / "modules/sitecustomize.py").write_text("raise SystemExit('not our module')\n")
    (folder / "constraints.txt").write_text("boto3<1\n")
    (folder / "requirements.txt").write_text("idna==3.10\n")
    (folder / "pip.conf").write_text(_PIP_CONF.format(folder=folder))
    settings = {name: value.format(folder=folder) for name, value in _SETTINGS.items()}
    return {**os.environ, **settings, "PIP_CONFIG_FILE": str(folder / "pip.conf")}


def copy_to(folder: Path) -> Path:
    """Copy the checkout, then add symbolic links and editor files and make it read-only."""
    copy_files_to(folder)
    for name in (".venv", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    code = folder / "lambda_src/otp"
    for name in ("send.py", "rules"):
        (code / name).rename(folder / f"linked {name}")
        (code / name).symlink_to(folder / f"linked {name}")
    (code / ".#send.py").symlink_to("an.editor@this.machine:1")
    (code / "._send.py").write_bytes(b"\0\5\x16\7")
    for top in ("lambda_src", "infra"):
        for path in (*(folder / top).rglob("*"), folder / top):
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)
    return folder
