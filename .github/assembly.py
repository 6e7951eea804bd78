"""Lists the files of an assembly (the output of `cdk synth`) with their hashes.

The jobs of .github/workflows/deploy.yml that assume a role run it. Third-party packages wrote the
assembly, and an assembly can contain commands that `cdk deploy` runs. So it is refused unless
`cdk deploy` would only upload its files and deploy the template that `cdk diff` shows. It needs no
packages: `python3 -I .github/assembly.py cdk.out`.
"""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

_STACK, _ASSETS = "aws:cloudformation:stack", "cdk:asset-manifest"
_NOT_DEPLOYED = {"cdk:tree", "cdk:feature-flag-report"}

# The times of the steps of `cdk synth`, which differ every time.
_TIMES = "performance-counters.json"

# Reviewers see the list as Markdown.
_PLAIN_NAME = re.compile(r"[\w.+@/-]+", re.ASCII)


class AssemblyError(Exception):
    """The assembly is refused; the text says why."""


def listing(folder: Path) -> str:
    """List an assembly's files as `sha256sum` does.

    Raises:
        AssemblyError: `cdk deploy` would do anything else with it.

    """
    _check(folder)
    lines = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # `cdk deploy` would upload archives that it finds in .cache in place of the files.
        if path.is_symlink() or name.startswith(".") or not _PLAIN_NAME.fullmatch(name):
            raise AssemblyError(f"This file is a link, is hidden or has an unusual name: {name!a}.")
        if path.is_file() and name != _TIMES:
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    return "".join(lines)


def _check(folder: Path) -> None:
    manifest = _read(folder, "manifest.json")
    found: dict[str, list[dict[str, Any]]] = {_STACK: [], _ASSETS: []}
    for artifact in manifest["artifacts"].values():
        if artifact["type"] not in _NOT_DEPLOYED:
            found.setdefault(artifact["type"], []).append(artifact["properties"])
    if [len(artifacts) for artifacts in found.values()] != [1, 1] or manifest.get("missing"):
        raise AssemblyError("It does not have exactly one stack and one list of assets.")
    [stack], [assets] = found.values()
    _check_assets(
        _read(folder, assets["file"]),
        template=stack["templateFile"],
        deployed_as=stack["stackTemplateAssetObjectUrl"].rpartition("/")[2],
    )


def _check_assets(assets: dict[str, Any], *, template: str, deployed_as: str) -> None:
    if assets.get("dockerImages"):
        raise AssemblyError("It builds a container image, which runs commands.")
    templates = []
    for asset, about in assets["files"].items():
        source = about["source"]
        keys = {destination["objectKey"] for destination in about["destinations"].values()}
        if source == {"path": template, "packaging": "file"} and keys == {f"{asset}.json"}:
            templates.append(f"{asset}.json")
        elif not _is_folder_of(asset, source) or keys != {f"{asset}.zip"}:
            raise AssemblyError("It uploads something other than its own folders.")
    if templates != [deployed_as]:
        raise AssemblyError("It deploys a different template than the diff shows.")


def _is_folder_of(asset: str, source: dict[str, Any]) -> bool:
    """Return whether a folder is uploaded unchanged, under the name that the template uses."""
    path = str(source.get("path"))
    named = re.fullmatch(rf"asset\.{re.escape(asset)}(\.[\w.-]+)?", path, re.ASCII)
    return bool(named) and source == {"path": path, "packaging": "zip"}


def _read(folder: Path, name: str) -> dict[str, Any]:
    if "/" in name:
        raise AssemblyError("It reads a file outside its folder.")
    content: dict[str, Any] = json.loads((folder / name).read_text())
    return content


if __name__ == "__main__":
    try:
        sys.stdout.write(listing(Path(sys.argv[1])))
    except AssemblyError as error:
        sys.exit(f"The assembly is refused. {error}")
