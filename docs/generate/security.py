"""docs/security.md: phone numbers, resources that stay, and acknowledged findings."""

from collections.abc import Iterable, Mapping
from typing import Any

from lambda_src.otp.time_limits import WINDOW_SECONDS

from .markdown import NOTHING, code, table

_MINUTE = 60
_DAY = 24 * 60 * _MINUTE

# Lambda deletes a function's versions with the function, whatever their deletion policy.
_GOES_WITH_ANOTHER = ("AWS::Lambda::Version",)

# A resource, and why its findings do not apply.
_Place = tuple[str, str]


def parts(dev: Mapping[str, Any], production: Mapping[str, Any]) -> dict[str, str]:
    """Write the generated parts of the page from the resources of both profiles."""
    return {
        "phone-numbers": _phone_numbers(dev, production),
        "kept": kept(production),
        "production": _findings(acknowledgements(production)),
    }


def acknowledgements(resources: Mapping[str, Any]) -> dict[_Place, list[str]]:
    """Give the acknowledged rules of cdk-nag and checkov, by resource and reason."""
    found: dict[_Place, list[str]] = {}
    for resource in resources.values():
        metadata = resource.get("Metadata", {})
        entries = [
            *(
                (entry["id"], entry["reason"])
                for entry in metadata.get("cdk_nag", {}).get("rules_to_suppress", ())
            ),
            *(
                (entry["id"], entry["comment"])
                for entry in metadata.get("checkov", {}).get("skip", ())
            ),
        ]
        for rule, reason in entries:
            found.setdefault((_readable(metadata), reason), []).append(rule)
    return found


def kept(resources: Mapping[str, Any]) -> str:
    """List the resources that CloudFormation leaves behind."""
    return "\n".join(
        f"- {code(_readable(resource['Metadata']))}"
        for resource in resources.values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
        and resource["Type"] not in _GOES_WITH_ANOTHER
    )


def _findings(found: Mapping[_Place, Iterable[str]]) -> str:
    """Write a row for each reason and set of rules, with all their resources."""
    resources: dict[tuple[str, str], list[str]] = {}
    for (resource, reason), rules in sorted(found.items()):
        resources.setdefault((_lines(rules), reason), []).append(resource)
    return table(
        ("resource", "rules", "why it does not apply"),
        ((_lines(of), rules, reason) for (rules, reason), of in resources.items()),
    )


def _lines(names: Iterable[str]) -> str:
    return "<br>".join(map(code, names))


def _phone_numbers(dev: Mapping[str, Any], production: Mapping[str, Any]) -> str:
    record = f"{_duration(WINDOW_SECONDS)}, plus a few days"
    counts = "its day (UTC) and an hour, plus a few days"
    rows = (
        ("the caller's 200 answer", *2 * ("as long as the caller keeps it",)),
        ("the ReferenceId's record in DynamoDB", *2 * (record,)),
        (
            "the counts in DynamoDB: the last four digits or fewer, and a hash of the others",
            *2 * (counts,),
        ),
        ("the table's point-in-time recovery", *map(_recovery, (dev, production))),
        *(
            (
                f"Lambda's own queue, for asynchronous requests to {function.lower()}",
                *(f"at most {_event_age(resources, function)}" for resources in (dev, production)),
            )
            for function in ("Send", "Verify")
        ),
        (
            "the failure queue, for asynchronous requests to send",
            *map(_retention, (dev, production)),
        ),
    )
    same = ((*row[:2], "the same" if row[1] == row[2] else row[2]) for row in rows)
    return table(("where", "how long in dev", "in production"), same)


def _recovery(resources: Mapping[str, Any]) -> str:
    [table_] = _all(resources, "AWS::DynamoDB::GlobalTable")
    specifications = [
        replica.get("PointInTimeRecoverySpecification", {}) for replica in table_["Replicas"]
    ]
    days = {
        specification["RecoveryPeriodInDays"]
        for specification in specifications
        if specification.get("PointInTimeRecoveryEnabled")
    }
    return _duration(max(days) * _DAY) if days else NOTHING


def _event_age(resources: Mapping[str, Any], function: str) -> str:
    [age] = [
        resource["Properties"]["MaximumEventAgeInSeconds"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
        and f"/{function}/" in resource["Metadata"]["aws:cdk:path"]
    ]
    return _duration(age)


def _retention(resources: Mapping[str, Any]) -> str:
    [queue] = _all(resources, "AWS::SQS::Queue")
    return _duration(queue["MessageRetentionPeriod"])


def _duration(seconds: int) -> str:
    unit, name = (_DAY, "day") if seconds % _DAY == 0 else (_MINUTE, "minute")
    count = seconds // unit
    return f"{count} {name}" + ("s" if count > 1 else "")


def _all(resources: Mapping[str, Any], type_: str) -> list[Mapping[str, Any]]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == type_]


def _readable(metadata: Mapping[str, Any]) -> str:
    """Name a resource by its construct, without the stack and the CDK's last path element."""
    path: str = metadata["aws:cdk:path"]
    return path.partition("/")[2].removesuffix("/Resource")
