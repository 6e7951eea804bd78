"""The emulated account, with IAM enforced."""

import json
from typing import Any

import boto3
from botocore.config import Config

from sandbox.state import ACCOUNT_ID
from tests.support.deployment import Deployment

from .grants import Role

_STACK = "ServerlessOtp"
_MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT_ID}}
_TRUST = {"Version": "2012-10-17", "Statement": [_MAY_ASSUME]}


class Account:
    """A sandbox, with the functions' roles, and roles that call the service."""

    def __init__(self, deployment: Deployment) -> None:
        self.state = state = deployment.state
        self.deployment = deployment  # called as the account's root, which may do everything
        self.functions = {"send": state.sendFunction, "verify": state.verifyFunction}
        self._iam = self.client("iam")
        self.roles = {
            **{name: self._role_of(alias) for name, alias in self.functions.items()},
            "caller": self.create_role("caller", self._output("CallerPolicyArn")),
            "on call": self.create_role("on-call", self._output("PausePolicyArn")),
            "stranger": self.create_role("stranger"),
        }

    def client(self, service: str, role: Role | None = None) -> Any:
        """Create a client for a role, or for root."""
        endpoint = self.state.pinpointEndpoint if service == "pinpoint" else self.state.awsEndpoint
        return self.session(role).client(
            service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1})
        )

    def session(self, role: Role | None = None) -> Any:
        """Create a session for root, or for a role; MiniStack lets root assume any role."""
        if role is None:
            return boto3.Session(
                self.state.accessKeyId, self.state.secretAccessKey, region_name=self.state.region
            )
        sts = self.client("sts")
        given = sts.assume_role(RoleArn=role.arn, RoleSessionName="test")["Credentials"]
        return boto3.Session(
            *(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]),
            region_name=self.state.region,
        )

    def create_role(self, name: str, *policies: str) -> Role:
        """Create a role with policies; root may assume it."""
        self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        for policy in policies:
            self._iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        return Role(self._iam, name)

    def roles_of_lambda(self) -> set[str]:
        """List the stack's roles that Lambda may assume; other tests deploy other stacks."""
        return {
            role["RoleName"]
            for page in self._iam.get_paginator("list_roles").paginate()
            for role in page["Roles"]
            if role["RoleName"].startswith(_STACK)
            and "lambda.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
        }

    def _role_of(self, alias: str) -> Role:
        configuration = self.client("lambda").get_function_configuration(FunctionName=alias)
        return Role(self._iam, configuration["Role"].rpartition("/")[2])

    def _output(self, name: str) -> str:
        [stack] = self.client("cloudformation").describe_stacks(StackName=_STACK)["Stacks"]
        [value] = [out["OutputValue"] for out in stack["Outputs"] if out["OutputKey"] == name]
        return str(value)
