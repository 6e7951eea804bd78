"""The values that all parts of one deployment share."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms

from .config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The values that all parts of one deployment share.

    Attributes:
        name: the dimension Deployment of its metrics, such as `ServerlessOtp/Otp`: unique in the
            account and region.
        config: the operator's configuration.
        key: encrypts stored data; None if AWS's own keys do.
        code: the folder that its functions run.

    """

    name: str
    config: Config
    key: kms.IKey | None
    code: Path

    @property
    def label(self) -> str:
        """The name without a slash."""
        return self.name.replace("/", "-")

    @property
    def removal_policy(self) -> RemovalPolicy:
        """The removal policy of resources that hold data.

        A resource that a failed deployment has just created is deleted in any case: it holds
        nothing, and its name would be taken at the next try.
        """
        return (
            RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if self.config.keep_data
            else RemovalPolicy.DESTROY
        )
