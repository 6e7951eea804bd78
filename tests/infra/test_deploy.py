""".github/workflows/deploy.yml: what was approved is what is deployed, and who may do what."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests.support.templates import ROOT, create_stack, rendered

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]

READS, IS_SOMEBODY = {"contents": "read"}, {"contents": "read", "id-token": "write"}

#: All files of the commit that a job with a role has: the CDK's command line, and what checks.
CHECKED_OUT = ["/.npmrc", "/package.json", "/package-lock.json", "/.github/assembly.py"]


def actions(job: str) -> list[str]:
    """Give the actions that a job uses, in their order, without their versions."""
    return [step["uses"].partition("@")[0] for step in JOBS[job]["steps"] if "uses" in step]


def script(job: str) -> str:
    """Give all that a job's steps have the shell do, each command on one line."""
    runs = [step["run"] for step in JOBS[job]["steps"] if "run" in step]
    return "\n".join(runs).replace("\\\n", " ")


def step(job: str, **having: str) -> int:
    """Find the one step of a job that has something, by its place."""
    [place] = [
        place
        for place, found in enumerate(JOBS[job]["steps"])
        if all(found.get(key, "").startswith(value) for key, value in having.items())
    ]
    return place


def test_the_job_that_runs_everybodys_packages_can_be_nobody_in_aws() -> None:
    """No job may do more than is written here; the one that synthesizes has no environment."""
    assert WORKFLOW["permissions"] == {}
    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "synth": READS,
        "diff": IS_SOMEBODY,
        "deploy": IS_SOMEBODY,
    }
    assert {name: job.get("environment") for name, job in JOBS.items()} == {
        "synth": None,
        "diff": "production-diff",
        "deploy": "production",
    }


@pytest.mark.parametrize("job", ["diff", "deploy"])
def test_a_job_with_a_role_has_the_cdks_command_line_alone(job: str) -> None:
    """No Python package, no app.py, and no script of a package of Node.js's."""
    assert actions(job) == [
        "actions/checkout",
        "actions/setup-node",
        "actions/download-artifact",
        "aws-actions/configure-aws-credentials",
    ]
    checkout = JOBS[job]["steps"][step(job, uses="actions/checkout@")]["with"]
    assert checkout["sparse-checkout"].split() == CHECKED_OUT
    assert checkout["sparse-checkout-cone-mode"] is False
    lines = [line.strip() for line in script(job).splitlines()]
    assert [line for line in lines if line.startswith("npm")] == ["npm ci --ignore-scripts"]
    assert [line for line in lines if "python" in line] == [
        "python3 -I .github/assembly.py cdk.out > files.txt"
    ]
    assert {"make", "pip", "npx"}.isdisjoint(script(job).split())


def test_one_job_synthesizes_and_the_others_use_what_it_wrote() -> None:
    """The diff is of the assembly that is deployed."""
    calls = {
        job: [line for line in script(job).splitlines() if "/cdk " in line and "echo" not in line]
        for job in JOBS
    }
    assert [len(found) for found in calls.values()] == [1, 1, 1]
    [synth], [diff], [deploy] = calls.values()
    assert "cdk synth " in synth
    assert "cdk diff --app cdk.out --method=template " in diff
    assert "cdk deploy --app cdk.out " in deploy

    made = JOBS["synth"]["steps"][step("synth", uses="actions/upload-artifact@")]["with"]
    used = [
        JOBS[job]["steps"][step(job, uses="actions/download-artifact@")]["with"]
        for job in ("diff", "deploy")
    ]
    assert used == [{"name": "cdk.out", "path": "cdk.out"}] * 2
    assert {key: made[key] for key in used[0]} == used[0]
    assert (JOBS["diff"]["needs"], JOBS["deploy"]["needs"]) == ("synth", "diff")


@pytest.mark.parametrize(("job", "check"), [("diff", "files"), ("deploy", "compare")])
def test_the_files_are_checked_before_there_is_a_role(job: str, check: str) -> None:
    """And nothing has happened to them after that but the CDK's own command."""
    order = [
        step(job, uses="actions/download-artifact@"),
        step(job, id=check),
        step(job, uses="aws-actions/configure-aws-credentials@"),
        step(job, name=f"cdk {job}"),
    ]
    assert order == sorted(order)


# --- The steps that look at the files, as the runner runs them ---


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthesize."""
    folder = tmp_path_factory.mktemp("assembly")
    rendered(create_stack(folder))
    return folder


@pytest.fixture
def checkout(tmp_path: Path, assembly: Path) -> Path:
    """Give what a job with a role has: the file that checks, and an assembly."""
    (tmp_path / ".github").mkdir()
    shutil.copy(ROOT / ".github/assembly.py", tmp_path / ".github")
    shutil.copytree(assembly, tmp_path / "cdk.out")
    return tmp_path


class Ran(NamedTuple):
    """A step that has run: its exit code, what it printed, and what it has told the runner."""

    code: int
    said: str
    digest: str
    summary: str


def run(checkout: Path, job: str, step_id: str, **variables: str) -> Ran:
    """Run a step of the workflow as the runner does."""
    output, summary = checkout / "output.txt", checkout / "summary.md"
    for file in (output, summary):
        file.touch()
    done = subprocess.run(
        [
            *("bash", "--noprofile", "--norc", "-eo", "pipefail"),
            *("-c", JOBS[job]["steps"][step(job, id=step_id)]["run"]),
        ],
        cwd=checkout,
        env={
            "PATH": os.environ["PATH"],
            "GITHUB_SHA": "0123abc",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(
        done.returncode,
        done.stdout + done.stderr,
        output.read_text().strip().removeprefix("digest="),
        summary.read_text(),
    )


def test_reviewers_see_every_file_and_its_hash(checkout: Path) -> None:
    """The code's, the template's, and one hash over all of them."""
    shown = run(checkout, "diff", "files")

    assert shown.code == 0, shown.said
    assert len(shown.digest) == 64
    assert f"SHA-256 of the list of files: `{shown.digest}`" in shown.summary
    lines = [line.split() for line in shown.summary.splitlines() if line.startswith("    ")]
    assembly = checkout / "cdk.out"
    assert {name: hash_ for hash_, name in lines} == {
        path.relative_to(assembly).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in assembly.rglob("*")
        if path.is_file()
    }
    assert [name for _, name in lines if name.endswith("/code.txt")]


@pytest.mark.parametrize(
    "changed", [None, "asset.*/code.txt", "Otp.template.json", "manifest.json"]
)
def test_what_was_approved_is_deployed_and_nothing_else(
    checkout: Path, changed: str | None
) -> None:
    """Whatever kept the artifact meanwhile; and nothing without an approved hash."""
    digest = run(checkout, "diff", "files").digest
    for file in (checkout / "cdk.out").glob(changed or "no file"):
        with file.open("a") as content:
            content.write("\n")

    assert (run(checkout, "deploy", "compare", APPROVED=digest).code == 0) == (changed is None)
    assert run(checkout, "deploy", "compare", APPROVED="").code != 0


# --- An assembly that would have `cdk deploy` do more than its diff shows ---


def change(assembly: Path, name: str, how: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file of an assembly."""
    content = json.loads((assembly / name).read_text())
    how(content)
    (assembly / name).write_text(json.dumps(content))


def change_asset(assembly: Path, packaging: str, **changes: Any) -> None:
    """Change the asset that is the functions' code, a zip, or the template, a file."""

    def change_it(assets: dict[str, Any]) -> None:
        for found in assets["files"].values():
            if found["source"]["packaging"] == packaging:
                found.update(changes)

    change(assembly, "Otp.assets.json", change_it)


def run_a_command(assembly: Path) -> None:
    """`cdk deploy` runs it, and uploads the file that it names."""
    change_asset(assembly, "zip", source={"executable": ["sh", "-c", "env > stolen"]})


def build_an_image(assembly: Path) -> None:
    """Its Dockerfile is a list of commands."""
    to = {"repositoryName": "any", "imageTag": "any", "region": "us-east-1"}
    image = {"source": {"directory": "asset.image"}, "destinations": {"here": to}}
    change(assembly, "Otp.assets.json", lambda assets: assets.update(dockerImages={"an": image}))


def have_another_archive_ready(assembly: Path) -> None:
    """`cdk deploy` zips no folder whose archive is there already."""
    [code] = assembly.glob("asset.*")
    (assembly / ".cache").mkdir()
    (assembly / ".cache" / f"{code.name.removeprefix('asset.')}.zip").touch()


def deploy_another_template(assembly: Path) -> None:
    """The diff shows the one; CloudFormation takes the other from where it was uploaded."""
    shutil.copy(assembly / "Otp.template.json", assembly / "other.json")
    change_asset(assembly, "file", source={"path": "other.json", "packaging": "file"})


def deploy_a_template_from_elsewhere(assembly: Path) -> None:
    """The diff shows the assembly's; CloudFormation takes the one that the artifact names."""
    elsewhere = {"stackTemplateAssetObjectUrl": "s3://bucket/other.json"}
    change(
        assembly,
        "manifest.json",
        lambda manifest: manifest["artifacts"]["Otp"]["properties"].update(elsewhere),
    )


def upload_another_folder_by_the_codes_key(assembly: Path) -> None:
    """The list shows both folders; the template's key for the code would hold the other."""

    def rename(assets: dict[str, Any]) -> None:
        files = assets["files"]
        [name] = [name for name, one in files.items() if one["source"]["packaging"] == "zip"]
        files["0123"] = files.pop(name)
        files["0123"]["source"]["path"] = "asset.0123"

    (assembly / "asset.0123").mkdir()
    change(assembly, "Otp.assets.json", rename)


def upload_another_folder(assembly: Path) -> None:
    """The list's name for the code is not the template's."""
    (assembly / "asset.0123").mkdir()
    change_asset(assembly, "zip", source={"path": "asset.0123", "packaging": "zip"})


def upload_what_is_outside(assembly: Path) -> None:
    """And is in no list."""
    change_asset(assembly, "zip", source={"path": "../infra", "packaging": "zip"})


def link_to_what_is_outside(assembly: Path) -> None:
    """It may be another file when it is uploaded."""
    [code] = assembly.glob("asset.*/code.txt")
    code.unlink()
    code.symlink_to(assembly.parent / ".github/assembly.py")


def deploy_a_second_stack(assembly: Path) -> None:
    """`cdk deploy` would ask which of the two; a list of one needs no answer."""
    change(
        assembly,
        "manifest.json",
        lambda manifest: manifest["artifacts"].update(Other=manifest["artifacts"]["Otp"]),
    )


def bring_a_second_assembly(assembly: Path) -> None:
    """With stacks and assets of its own."""
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "asset.0123"}}
    change(assembly, "manifest.json", lambda manifest: manifest["artifacts"].update(Other=nested))


def look_something_up(assembly: Path) -> None:
    """The CDK's command line would ask AWS for it."""
    missing = [{"key": "a", "provider": "ssm", "props": {}}]
    change(assembly, "manifest.json", lambda manifest: manifest.update(missing=missing))


def write_into_the_summary(assembly: Path) -> None:
    """By the name of a file."""
    (assembly / "a\n\n# Nothing has changed").touch()


@pytest.mark.parametrize(
    "attack",
    [
        run_a_command,
        build_an_image,
        have_another_archive_ready,
        deploy_another_template,
        deploy_a_template_from_elsewhere,
        upload_another_folder,
        upload_another_folder_by_the_codes_key,
        upload_what_is_outside,
        link_to_what_is_outside,
        deploy_a_second_stack,
        bring_a_second_assembly,
        look_something_up,
        write_into_the_summary,
    ],
)
def test_an_assembly_that_would_do_more_is_neither_shown_nor_deployed(
    checkout: Path, attack: Callable[[Path], None]
) -> None:
    """Only the packages of the job that synthesizes can have made it so; it is not believed."""
    attack(checkout / "cdk.out")

    shown = run(checkout, "diff", "files")

    assert shown.code != 0
    assert "The assembly is refused." in shown.said
    assert (shown.digest, shown.summary) == ("", "")
