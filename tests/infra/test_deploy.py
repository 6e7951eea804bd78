""".github/workflows/deploy.yml: it deploys exactly what was approved, with few permissions."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests.support.templates import ROOT, LookedAt

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]


def step(job: str, **having: str) -> int:
    """Return the index of the one step of a job with these values."""
    [place] = [
        place
        for place, found in enumerate(JOBS[job]["steps"])
        if all(found.get(key, "").startswith(value) for key, value in having.items())
    ]
    return place


def given_to(job: str, action: str) -> Any:
    """Return the inputs of a job's one step with an action."""
    return JOBS[job]["steps"][step(job, uses=f"actions/{action}@")]["with"]


def test_the_job_that_runs_packages_has_no_role_in_aws() -> None:
    """It synthesizes; other jobs show its result, wait for approval, and deploy it."""
    reads, is_somebody = {"contents": "read"}, {"contents": "read", "id-token": "write"}
    assert WORKFLOW["permissions"] == {}
    of = ("permissions", "environment", "needs")
    assert {name: tuple(map(job.get, of)) for name, job in JOBS.items()} == {
        "synth": (reads, None, None),
        "diff": (is_somebody, "production-diff", "synth"),
        "deploy": (is_somebody, "production", "diff"),
        # Runs packages, too, with a role for the acceptance only.
        "accept": (is_somebody, "production-accept", "deploy"),
    }


@pytest.mark.parametrize(
    ("job", "check", "command"),
    [
        ("diff", "files", "diff --app cdk.out --method=template "),
        ("deploy", "compare", "deploy --app cdk.out "),
    ],
)
def test_jobs_with_a_role_run_the_cdk_on_checked_files(job: str, check: str, command: str) -> None:
    """No package's script runs, and the assembly is checked before there is a role."""
    steps = JOBS[job]["steps"]
    assert [found["uses"].partition("@")[0] for found in steps if "uses" in found] == [
        *("actions/checkout", "actions/setup-node", "actions/download-artifact"),
        "aws-actions/configure-aws-credentials",
    ]
    checkout = given_to(job, "checkout")
    files = ["/.npmrc", "/package.json", "/package-lock.json", "/.github/assembly.py"]
    assert checkout["sparse-checkout"].split() == files
    assert checkout["sparse-checkout-cone-mode"] is False

    scripts = "\n".join(found["run"] for found in steps if "run" in found)
    lines = [line.strip() for line in scripts.replace("\\\n", " ").splitlines()]
    assert [line for line in lines if line.startswith("npm") or "python" in line] == [
        "npm ci --ignore-scripts",
        "python3 -I .github/assembly.py cdk.out > files.txt",
    ]
    assert {"make", "pip", "npx"}.isdisjoint(scripts.split())
    [called] = [line for line in lines if "/cdk " in line]
    assert called.startswith(f"node_modules/.bin/cdk {command}")

    assembly = given_to(job, "download-artifact")
    assert assembly == {"name": "cdk.out", "path": "cdk.out"}
    assert assembly.items() <= given_to("synth", "upload-artifact").items()
    order = [
        step(job, uses="actions/download-artifact@"),
        step(job, id=check),
        step(job, uses="aws-actions/configure-aws-credentials@"),
        step(job, name=f"cdk {job}"),
    ]
    assert order == sorted(order)


# --- The steps that check the files, run as the runner runs them ---


@pytest.fixture
def checkout(tmp_path: Path, look_at: Callable[[str], LookedAt]) -> Path:
    """Return the files of a job with a role: the program that checks, and an assembly."""
    (tmp_path / ".github").mkdir()
    shutil.copy(ROOT / ".github/assembly.py", tmp_path / ".github")
    shutil.copytree(look_at("quiet").folder, tmp_path / "cdk.out")
    return tmp_path


def run(checkout: Path, job: str, step_id: str, **variables: str) -> tuple[int, str, str]:
    """Run a step as the runner does; return its exit code, its output and its summary."""
    output, summary = checkout / "output.txt", checkout / "summary.md"
    output.write_text("")
    summary.write_text("")
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    script = JOBS[job]["steps"][step(job, id=step_id)]["run"]
    done = subprocess.run(
        [*("bash", "--noprofile", "--norc", "-eo", "pipefail"), "-c", script],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "GITHUB_SHA": "0123abc", **files, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + output.read_text(), summary.read_text()


def digest_of(checkout: Path) -> str:
    """Return the hash that the job with the diff passes to the one that deploys."""
    [digest] = re.findall("^digest=(.{64})$", run(checkout, "diff", "files")[1], re.MULTILINE)
    return str(digest)


def test_reviewers_see_every_file_and_its_hash(checkout: Path) -> None:
    """The code, the template, and one hash over all of them."""
    code, said, summary = run(checkout, "diff", "files")

    assert code == 0, said
    assert f"SHA-256 of the list of files: `{digest_of(checkout)}`" in summary
    lines = [line.split() for line in summary.splitlines() if line.startswith("    ")]
    assembly = checkout / "cdk.out"
    assert {name: hash_ for hash_, name in lines} == {
        path.relative_to(assembly).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in assembly.rglob("*")
        if path.is_file()
    }
    assert [name for _, name in lines if name.endswith("/code.txt")]


@pytest.mark.parametrize("changed", [None, "asset.*/code.txt", "Otp.template.json"])
def test_only_the_approved_files_are_deployed(checkout: Path, changed: str | None) -> None:
    """A changed artifact is refused, and so is a deployment without an approved hash."""
    digest = digest_of(checkout)
    for file in (checkout / "cdk.out").glob(changed or "no file"):
        with file.open("a") as content:
            content.write("\n")

    assert (run(checkout, "deploy", "compare", APPROVED=digest)[0] == 0) == (changed is None)
    assert run(checkout, "deploy", "compare", APPROVED="")[0] != 0


# --- An assembly that would have `cdk deploy` do more than its diff shows ---

ASSETS, MANIFEST = "Otp.assets.json", "manifest.json"
OTHER_FOLDER = {"path": "asset.0123", "packaging": "zip"}
AS_CODE = {"source": OTHER_FOLDER, "destinations": {"here": {"objectKey": "CODE.zip"}}}
NESTED = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "asset.0123"}}
SECOND = {"type": "aws:cloudformation:stack", "properties": {}}
A_URL = {"stackTemplateAssetObjectUrl": "s3://bucket/other.json"}

#: By its effect: a change that is merged into a JSON file of the assembly. CODE and TEMPLATE stand
#: for the names of its two assets.
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "run a command": (ASSETS, {"files": {"CODE": {"source": {"executable": ["env"]}}}}),
    "build an image, which runs commands": (ASSETS, {"dockerImages": {"an": {}}}),
    "upload another template": (ASSETS, {"files": {"TEMPLATE": {"source": {"path": "other"}}}}),
    "deploy a template from elsewhere": (MANIFEST, {"artifacts": {"Otp": {"properties": A_URL}}}),
    "upload another folder as the code": (ASSETS, {"files": {"CODE": {"source": OTHER_FOLDER}}}),
    "upload another folder by the code's key": (ASSETS, {"files": {"0123": AS_CODE}}),
    "deploy a second stack": (MANIFEST, {"artifacts": {"Other": SECOND}}),
    "bring a second assembly": (MANIFEST, {"artifacts": {"Other": NESTED}}),
    "ask AWS for something": (MANIFEST, {"missing": [{"key": "a", "provider": "ssm"}]}),
}


def merge(into: dict[str, Any], changes: dict[str, Any]) -> None:
    """Merge changes into a JSON object."""
    for name, value in changes.items():
        if isinstance(value, dict) and name in into:
            merge(into[name], value)
        else:
            into[name] = value


def assert_refused(checkout: Path) -> None:
    """Fail unless the assembly is neither shown nor deployed."""
    code, said, summary = run(checkout, "diff", "files")
    assert code != 0
    assert "The assembly is refused." in said
    assert "digest=" not in said
    assert summary == ""


@pytest.mark.parametrize("attack", CHANGES)
def test_an_assembly_that_would_do_more_is_refused(checkout: Path, attack: str) -> None:
    """A package in the job that synthesizes could have changed it."""
    assembly = checkout / "cdk.out"
    name, changes = CHANGES[attack]
    written = json.dumps(changes)
    for asset, about in json.loads((assembly / ASSETS).read_text())["files"].items():
        code = about["source"]["packaging"] == "zip"
        written = written.replace("CODE" if code else "TEMPLATE", asset)
    content = json.loads((assembly / name).read_text())
    merge(content, json.loads(written))
    (assembly / name).write_text(json.dumps(content))

    assert_refused(checkout)


@pytest.mark.parametrize("name", [".cache/0123.zip", "a\n\n# Nothing has changed", "link"])
def test_a_file_that_the_list_would_not_show_is_refused(checkout: Path, name: str) -> None:
    """A cached archive of the code, a name that adds lines to the summary, or a link."""
    file = checkout / "cdk.out" / name
    file.parent.mkdir(exist_ok=True)
    if name == "link":
        file.symlink_to(checkout / ".github/assembly.py")
    else:
        file.touch()

    assert_refused(checkout)
