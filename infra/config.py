"""What an operator decides: CDK context with flat keys, parsed into one dataclass, checked first.

Set a key for one command with `-c brandName=ExampleCorp`, or for good in the `context` of
`cdk.json`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from lambda_src.otp.request import BrandNameText, LanguageTag, OriginationIdentityText

from .context import ContextReader

PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ARCHITECTURES = ("arm64", "x86_64")


class ConfigError(Exception):
    """Something is missing or impossible; the text says what to set, with an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration of one deployment; the context key in backquotes.

    Attributes:
        origination_identity: `originationIdentity`, required. Who sends, where a request names
            nobody: a long code, short code, sender ID, pool or ARN of your account.
        brand_name: `brandName`, required. The brand in the text, where a request names none.
        allowed_countries: `allowedCountries`, required. ISO 3166-1 alpha-2 codes.
        application_id: `applicationId`. The Amazon Pinpoint application that sends. None: the
            stack creates one, which `createApplication=true` asks for.
        language: `language`. The language of the text, where a request names none. None: AWS's.
        python_version: `pythonVersion`. The Lambda runtime; by default the Python that
            synthesizes, because that is the one that was tested.
        architecture: `architecture`. `arm64`, the default, or `x86_64`.

    """

    origination_identity: str
    brand_name: str
    allowed_countries: tuple[str, ...]
    application_id: str | None
    language: str | None = None
    python_version: str
    architecture: str = "arm64"

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> "Config":
        """Parse CDK context.

        Raises:
            ConfigError: naming everything that is missing or impossible, one sentence a line.

        """
        reader = ContextReader(context)
        config = cls(
            application_id=_application_id(reader),
            origination_identity=reader.required(
                "originationIdentity",
                OriginationIdentityText,
                "the phone number, short code, sender ID, pool or ARN that sends",
                example="+18555550142",
            ),
            brand_name=reader.required(
                "brandName",
                BrandNameText,
                "the name in the text, 1 to 20 characters",
                example="ExampleCorp",
            ),
            allowed_countries=reader.countries("allowedCountries"),
            language=reader.choice("language", get_args(LanguageTag)),
            python_version=reader.choice("pythonVersion", PYTHON_VERSIONS) or _this_python(reader),
            architecture=reader.choice("architecture", ARCHITECTURES) or "arm64",
        )
        reader.finish()
        if reader.problems:
            raise ConfigError("\n".join(reader.problems))
        return config


def _application_id(reader: ContextReader) -> str | None:
    application_id = reader.matching(
        "applicationId",
        "[A-Za-z0-9-]{1,64}",
        "the ID of your Amazon Pinpoint application",
        example="7353f53e6885409fa32d07cedexample",
    )
    create = reader.flag("createApplication")
    if create and application_id:
        reader.problems.append("Set either applicationId or createApplication=true, not both.")
    if not create and not application_id:
        reader.problems.append(
            "Set applicationId: the Amazon Pinpoint application that sends "
            "(-c applicationId=7353f53e6885409fa32d07cedexample); or let the stack create one "
            "(-c createApplication=true)."
        )
    return application_id


def _this_python(reader: ContextReader) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in PYTHON_VERSIONS:
        reader.problems.append(
            f"Lambda has no runtime for the Python {version} that runs this; set pythonVersion to "
            f"one of {', '.join(PYTHON_VERSIONS)} (-c pythonVersion={PYTHON_VERSIONS[-1]})."
        )
    return version
