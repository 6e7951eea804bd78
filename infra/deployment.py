"""What every part of one deployment shares."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms

from .config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What every part of one deployment shares.

    Attributes:
        name: the dimension Deployment of its metrics; tells it from others in the account and
            region, such as `ServerlessOtp/Otp`.
        config: what the operator decided.
        key: encrypts what is stored; None where AWS's own keys do.
        code: the folder that its functions run.

    """

    name: str
    config: Config
    key: kms.IKey | None
    code: Path

    @property
    def label(self) -> str:
        """The name, where a slash has no place."""
        return self.name.replace("/", "-")

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What becomes of that which holds data, when it goes from the stack or the stack goes.

        What a failed deployment had just created goes in any case: it holds nothing, and its name
        would be taken at the next try.
        """
        return (
            RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if self.config.keep_data
            else RemovalPolicy.DESTROY
        )
