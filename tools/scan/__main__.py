"""Scans the templates, the GitHub workflows and the prose: part of `make check`.

cfn-lint and checkov scan the synthesized templates of both profiles; cdk-nag does so in `make test`
(tests/infra/test_compliance.py). check-jsonschema checks the workflows against GitHub's schema, and
zizmor scans them for vulnerabilities. codespell, proselint and a table of our own check pages,
docstrings, comments and messages.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
# Not the checkov script: its first line fails if the folder's name has a space.
_PYTHON = str(_ROOT / ".venv-checkov" / "bin" / "python")
_CFN_LINT = (_PYTHON, "-c", "import sys, cfnlint.runner; sys.exit(cfnlint.runner.main())")
_CHECKOV = (_PYTHON, "-m", "checkov.main")
_SCHEMA = (_PYTHON, "-m", "check_jsonschema", "--builtin-schema")
_CODESPELL = (_PYTHON, "-m", "codespell_lib")
_PROSELINT = (_PYTHON, "-m", "proselint", "check", "--config", "tools/scan/proselint.json")
_ZIZMOR = str(_ROOT / ".venv-checkov" / "bin" / "zizmor")

_AT_ONCE = 2  # templates, as CI's machine has two cores

_CONTEXT = {
    "applicationId": "7353f53e6885409fa32d07cedexample",
    "originationIdentity": "+18555550142",
    "brandName": "ExampleCorp",
    "allowedCountries": "US",
}
_EVERYTHING = {
    "apiGatewayLogRole": "create",
    "wafRateLimit": "1000",
    "provisionedConcurrency": "2",
    "allowedPrincipals": "210987654321,o-a1b2c3d4e5",
    "domainName": "otp.example.com",
    "certificateArn": (
        "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    ),
}
_TEMPLATES = {
    "dev": {"profile": "dev"},
    "production": {"profile": "production", "region": "eu-west-1"},
    "production with every option": {
        "profile": "production",
        "region": "eu-west-1",
        **_EVERYTHING,
    },
}


def main() -> int:
    """Run all scans; returns how many failed."""
    failures = _workflows() + _prose()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as threads:
        assemblies = [Path(folder) / str(number) for number in range(len(_TEMPLATES))]
        failures += sum(threads.map(_template, _TEMPLATES, assemblies))
    return failures


def _template(name: str, assembly: Path) -> int:
    """Synthesize and scan a template; returns how many scans failed."""
    template = str(assembly / "ServerlessOtp.template.json")
    return (
        _run(f"{name}: cdk synth", _synth(assembly, _TEMPLATES[name]))
        + _run(f"{name}: cfn-lint", [*_CFN_LINT, template])
        + _run(
            f"{name}: checkov",
            [
                *(*_CHECKOV, "--file", template, "--framework", "cloudformation"),
                *("--quiet", "--compact", "--skip-download"),
            ],
        )
    )


def _workflows() -> int:
    """Scan what GitHub runs; returns how many scans failed."""
    github = _ROOT / ".github"
    workflows = [str(file) for file in sorted((github / "workflows").glob("*.yml"))]
    scans = {
        "workflows: schema": [*_SCHEMA, "vendor.github-workflows", *workflows],
        "dependabot.yml: schema": [*_SCHEMA, "vendor.dependabot", str(github / "dependabot.yml")],
        "workflows: zizmor": [
            *(_ZIZMOR, "--offline", "--no-progress", "--persona=pedantic"),
            *("--strict-collection", str(github), str(_ROOT / ".pre-commit-config.yaml")),
        ],
    }
    return sum(_run(title, command) for title, command in scans.items())


def _prose() -> int:
    """Check all text that people read; returns how many scans failed."""
    here = "tools/scan/phrases.py"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md", "*.py", "*.js", "*.html", "*.in", "Makefile"],  # noqa: S607 - git of this machine
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [name for name in listed.split("\0") if name and name != here]
    scans = {
        "prose: codespell": [*_CODESPELL, *files],
        "prose: proselint": [*_PROSELINT, *files],
        "prose: terms and phrases": [sys.executable, here, *files],
    }
    return sum(_run(title, command) for title, command in scans.items())


def _synth(assembly: Path, context: dict[str, str]) -> list[str]:
    options = [
        option
        for key, value in {**_CONTEXT, **context}.items()
        for option in ("-c", f"{key}={value}")
    ]
    cdk = str(_ROOT / "node_modules" / ".bin" / "cdk")
    return [cdk, "synth", "--quiet", "--no-notices", "--output", str(assembly), *options]


def _run(title: str, command: list[str]) -> int:
    """Run a command, and print its output if it fails; returns 1 for a failure."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=_ROOT,
        env={**os.environ, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"},
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = "FAILED" if done.returncode else "ok"
    print(f"{title} ... {outcome} ({time.monotonic() - started:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr, flush=True)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
