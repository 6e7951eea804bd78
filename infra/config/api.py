"""The API."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from .values import Flag, Listed, Number, Subject, key, text

MOST_REQUESTS_PER_SECOND = 10_000

_Rate = Annotated[Number, Field(ge=1, le=MOST_REQUESTS_PER_SECOND)]
_Burst = Annotated[Number, Field(ge=1, le=5000)]
_Principal = Annotated[str, text("[0-9]{12}|o-[a-z0-9]{10,32}")]
_DomainName = Annotated[str, text(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")]
_CertificateArn = Annotated[
    str, text("arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+")
]
_LogRole = Literal["create", "existing", "none"]


class Api(Subject):
    """The API."""

    allowed_principals: Listed[_Principal] = key(
        "other accounts (12 digits) and organizations (o-…) whose principals may call",
        "210987654321,o-a1b2c3d4e5",
        (),
    )
    api_requests_per_second: _Rate = key(
        "the most requests a second to methods without a key of their own", "100", 100
    )
    api_burst: _Burst = key("the most requests at once to these methods", "200", 200)
    send_requests_per_second: _Rate = key("the most requests a second to POST /otp", "100", 100)
    send_burst: _Burst = key("the most requests at once to POST /otp", "200", 200)
    verify_requests_per_second: _Rate = key(
        "the most requests a second to POST /otp/verify", "100", 100
    )
    verify_burst: _Burst = key("the most requests at once to POST /otp/verify", "200", 200)
    domain_name: _DomainName | None = key(
        "your own domain name for the API", "otp.example.com", None
    )
    certificate_arn: _CertificateArn | None = key(
        "the ACM certificate of domainName, in the API's region",
        "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        None,
    )
    waf: Flag = key(
        "true or false: AWS WAF protects the API, with AWS's common and IP reputation rules",
        "true",
    )
    waf_rate_limit: Annotated[Number, Field(ge=10, le=2_000_000_000)] | None = key(
        "the most requests from an IP address in 5 minutes; callers may share addresses",
        "1000",
        None,
    )
    api_gateway_log_role: _LogRole = key(
        "the role with which API Gateway writes logs, shared by the account and region, one of "
        f"{', '.join(get_args(_LogRole))}; with none there are no logs",
        "existing",
    )
    client_certificate: Flag = key(
        "true or false: API Gateway has a client certificate, as compliance packs require",
        "true",
    )
