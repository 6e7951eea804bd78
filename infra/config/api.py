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
        "the accounts (12 digits) and organizations (o-…) whose principals may call besides this "
        "account's",
        "210987654321,o-a1b2c3d4e5",
        (),
    )
    api_requests_per_second: _Rate = key(
        "how many requests a second each method takes where no key of its own says so", "100", 100
    )
    api_burst: _Burst = key("how many requests a method takes at once", "200", 200)
    send_requests_per_second: _Rate = key("how many requests a second POST /otp takes", "100", 100)
    send_burst: _Burst = key("how many requests POST /otp takes at once", "200", 200)
    verify_requests_per_second: _Rate = key(
        "how many requests a second POST /otp/verify takes", "100", 100
    )
    verify_burst: _Burst = key("how many requests POST /otp/verify takes at once", "200", 200)
    domain_name: _DomainName | None = key(
        "a domain name of your own for the API", "otp.example.com", None
    )
    certificate_arn: _CertificateArn | None = key(
        "the ACM certificate of domainName, in the region of the API",
        "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        None,
    )
    waf: Flag = key(
        "true or false: AWS WAF stands before the API, with AWS's common and IP reputation rules",
        "true",
    )
    waf_rate_limit: Annotated[Number, Field(ge=10, le=2_000_000_000)] | None = key(
        "how many requests an IP address may make in 5 minutes; callers may share addresses",
        "1000",
        None,
    )
    api_gateway_log_role: _LogRole = key(
        "how API Gateway gets the role it logs with, which is one for the whole account and "
        f"region, one of {', '.join(get_args(_LogRole))}; with none it writes no logs",
        "existing",
    )
    client_certificate: Flag = key(
        "true or false: API Gateway has a client certificate, which compliance packs ask for",
        "true",
    )
