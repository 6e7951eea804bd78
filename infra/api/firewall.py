"""AWS WAF in front of the API: AWS's managed rules, and optionally a rate limit per address."""

from aws_cdk import Stack
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.data.logs import create_log_group
from infra.deployment import Deployment

from .rest_api import STAGE, OtpApi

# The managed rule groups, in this order.
_MANAGED_RULES = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
# Some HTTP clients send no User-Agent, and the function itself refuses a large body, as 413.
_ONLY_COUNTED = {"AWSManagedRulesCommonRuleSet": ("NoUserAgent_HEADER", "SizeRestrictions_BODY")}


class Firewall(Construct):
    """The web ACL, its log, and its association with the API.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: its configuration has the rate limit.
        api: which it protects.

    Attributes:
        metric_name: the dimension WebACL of its metrics.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        api: OtpApi,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        rate_limit = deployment.config.waf_rate_limit
        self.metric_name = deployment.label
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            description="Protects the API of Serverless OTP",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility(self.metric_name),
            rules=[
                *(_managed_rule(name, priority) for priority, name in enumerate(_MANAGED_RULES)),
                *([_rate_rule(rate_limit)] if rate_limit else []),
            ],
        )
        log_group = create_log_group(
            self,
            "Log",
            deployment,
            # WAF requires the prefix. The ID keeps a new firewall's log apart from one that was
            # kept.
            name=f"aws-waf-logs-{acl.attr_id}",
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[
                stack.format_arn(service="logs", resource=f"log-group:{log_group.log_group_name}")
            ],
            # The signature, which is valid for minutes, and the session token. A signed URL has
            # both in its query.
            redacted_fields=[
                *(
                    wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                    for name in ("authorization", "x-amz-security-token")
                ),
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(query_string={}),
            ],
        )
        association = wafv2.CfnWebACLAssociation(
            self,
            "Association",
            resource_arn=stack.format_arn(
                service="apigateway",
                account="",
                resource="/restapis",
                resource_name=f"{api.rest_api.rest_api_id}/stages/{STAGE}",
            ),
            web_acl_arn=acl.attr_arn,
        )
        association.node.add_dependency(api.rest_api.deployment_stage)


def _managed_rule(name: str, priority: int) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    wafv2.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in _ONLY_COUNTED.get(name, ())
                ]
                or None,
            )
        ),
        visibility_config=_visibility(name),
    )


def _rate_rule(limit: int) -> wafv2.CfnWebACL.RuleProperty:
    name = "RateOfOneAddress"
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=len(_MANAGED_RULES),
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=limit, evaluation_window_sec=300
            )
        ),
        visibility_config=_visibility(name),
    )


def _visibility(metric_name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=metric_name,
        # Samples hold whole requests, with signatures, which the log leaves out.
        sampled_requests_enabled=False,
    )
