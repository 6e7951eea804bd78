"""The templates of the stack's tests, each synthesized once."""

from collections.abc import Callable
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from infra.config import Config
from infra.service import OtpService
from infra.stack import OtpStack
from tests.support import nag
from tests.support.templates import (
    CODE,
    PRODUCTION,
    REGION,
    LookedAt,
    Others,
    RenderedTemplate,
    context,
    create_app,
    create_stack,
    pairs,
    rendered,
)

#: Settings besides the required ones, as on the command line, by the fixture of their template.
#: cdk-nag checks the first three.
_CONFIGURATIONS = {
    "dev": "",
    "production": f"profile=production region={REGION}",
    "everything": (  # all options of production
        f"profile=production region={REGION} apiGatewayLogRole=create wafRateLimit=1000 "
        "provisionedConcurrency=2 reservedConcurrency=5 alarmVerifiedVolume=7 "
        "allowedPrincipals=210987654321,o-a1b2c3d4e5 domainName=otp.example.com "
        f"certificateArn=arn:aws:acm:{REGION}:123456789012:certificate/1234-5678 "
        f"alarmTopicArn=arn:aws:sns:{REGION}:123456789012:on-call "
        "apiRequestsPerSecond=30 apiBurst=40 sendRequestsPerSecond=10 sendBurst=20 "
        "verifyRequestsPerSecond=50 verifyBurst=60"
    ),
    # Dev with an application, a language, a caller's account and other thresholds.
    "creating": (
        "applicationId= createApplication=true language=es-ES allowedPrincipals=210987654321 "
        "alarmServerErrorPercent=11 alarmCrashPercent=12 alarmOutcomeUnknownPercent=13 "
        "alarmLatencyMs=14 alarmTextsPerHour=15 alarmVerifiedPercent=16 "
        "alarmWrongCodesPercent=17 alarmRefusedPerHour=18 "
        "alarmGuardedPerHour=19"
    ),
    # Production without its optional parts, and started from snapshots.
    "lean": (
        f"profile=production region={REGION} keepData=false waf=false clientCertificate=false "
        "dashboard=false snapStart=true pythonVersion=3.13 guard=off"
    ),
    # Dev without alarms, but with some of production's defaults.
    "quiet": "alarms=false keepData=true waf=true clientCertificate=true",
}
_LOOKED_AT = ("dev", "production", "everything")


@pytest.fixture(scope="session")
def look_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], LookedAt]:
    """Synthesize a configuration, and let cdk-nag check some of them."""

    @cache
    def look(name: str) -> LookedAt:
        folder = tmp_path_factory.mktemp(name)
        stack = create_stack(folder, **pairs(_CONFIGURATIONS[name]))
        findings = nag.findings(stack) if name in _LOOKED_AT else set()
        return LookedAt(rendered(stack), findings, folder)

    return look


@pytest.fixture(scope="session", params=_LOOKED_AT)
def looked_at(request: pytest.FixtureRequest, look_at: Callable[[str], LookedAt]) -> LookedAt:
    """Give each configuration that cdk-nag checks in turn."""
    return look_at(request.param)


def _template(name: str) -> Any:
    @pytest.fixture(scope="session", name=name)
    def give(look_at: Callable[[str], LookedAt]) -> RenderedTemplate:
        return look_at(name).template

    return give


dev, production, everything, creating, lean, quiet = map(_template, _CONFIGURATIONS)


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> Others:
    """Synthesize a stack in another region, and one of another team with two services."""
    app = create_app(tmp_path_factory.mktemp("others"))
    # Three settings have no effect here, and get a warning each.
    given = pairs(
        "profile=production region=us-east-1 createApplication=true "
        "deploymentPerHour=500 destinationPer10Minutes=11 callerPerHour=501"
    )
    config = Config.from_context(context(applicationId=None, **given))
    america = OtpStack(app, "America", config=config, code=CODE)
    stack = cdk.Stack(app, "Theirs", env=cdk.Environment(region=REGION))
    config = Config.from_context(context(**PRODUCTION))
    login, _ = (OtpService(stack, name, config=config, code=CODE) for name in ("Login", "Payments"))
    for name, grant in (("Invoker", login.grant_invoke), ("ApiCaller", login.grant_invoke_api)):
        grant(iam.Role(stack, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")))
    return Others(rendered(america), america, rendered(stack))


@pytest.fixture(params=["dev", "creating", "production"])
def template(request: pytest.FixtureRequest) -> RenderedTemplate:
    """Give each of three templates in turn, for what holds in all of them."""
    template: RenderedTemplate = request.getfixturevalue(request.param)
    return template
