"""The roles of the deploy workflow need exactly the permissions in docs/security.md."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from sandbox.deploy import ASSEMBLY, by_name
from sandbox.state import ACCOUNT_ID, ROOT

from .account import Account
from .grants import Role

PAGE = (ROOT / "docs/security.md").read_text()

[POLICY] = [
    json.loads(block)
    for block in re.findall(r"```json\n(\{.*?)```", PAGE, re.DOTALL)
    if "cloudformation:" in block
]
[STATEMENT] = POLICY["Statement"]
[PRODUCTION] = [line for line in PAGE.splitlines() if line.startswith("| `production` |")]
CDK_ROLES = re.findall(r"`(cdk-hnb659fds-[a-z-]+-\*)`", PRODUCTION)
#: Diff and deploy the assembly that is already deployed.
DIFF = ("diff", "--method=template", "--strict")
DEPLOY = ("deploy", "--force", "--require-approval", "never")


def cdk(account: Account, role: Role, folder: Path, command: tuple[str, ...]) -> tuple[int, str]:
    """Run the CDK on the sandbox's assembly; returns its exit code and output."""
    credentials = account.session(role).get_credentials()
    done = subprocess.run(
        [
            str(ROOT / "node_modules/.bin/cdk"),
            *(*command, "--app", str(ASSEMBLY), "--no-notices", "--no-color"),
        ],
        cwd=folder,  # a folder without cdk.json
        env={
            **os.environ,
            "AWS_REGION": account.state.region,
            "AWS_ENDPOINT_URL": by_name(account.state.awsEndpoint),
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def role_that_may(account: Account, actions: list[str], resources: list[str]) -> Role:
    """Create the workflow's role, or replace its policy."""
    iam = account.client("iam")
    if "pipeline" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        account.create_role("pipeline")
    allow = {"Effect": "Allow", "Action": actions, "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="pipeline", PolicyName="Only", PolicyDocument=document)
    return Role(iam, "pipeline")


@pytest.mark.parametrize("action", [None, *STATEMENT["Action"]])
def test_diff_role_needs_each_action(account: Account, tmp_path: Path, action: str | None) -> None:
    """The diff works with all of them, without assuming a CDK role."""
    actions = [other for other in STATEMENT["Action"] if other != action]
    here = f"{account.state.region}:{ACCOUNT_ID}"
    resource = STATEMENT["Resource"].replace("eu-west-1:111122223333", here)

    code, said = cdk(account, role_that_may(account, actions, [resource]), tmp_path, DIFF)

    assert (code == 0) == (action is None), said
    assert (f"not authorized to perform: {action}" if action else "no differences") in said


@pytest.mark.parametrize("role", [None, *CDK_ROLES])
def test_deploy_role_needs_each_cdk_role(
    account: Account, tmp_path: Path, role: str | None
) -> None:
    """With all of them, it uploads the assets and deploys."""
    arns = [f"arn:aws:iam::{ACCOUNT_ID}:role/{other}" for other in CDK_ROLES if other != role]

    code, said = cdk(account, role_that_may(account, ["sts:AssumeRole"], arns), tmp_path, DEPLOY)

    assert (code == 0) == (role is None), said
    refused = f"could not be used to assume 'arn:aws:iam::{ACCOUNT_ID}:role/{(role or '')[:-1]}"
    assert (refused if role else "Published Otp/Send/Function/Code") in said
