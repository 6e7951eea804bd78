"""The IAM policy that `make accept` needs, which `--policy` prints."""

from typing import Any

from .deployment import Deployment


def policy(deployment: Deployment, *, queue: bool, pause: bool) -> dict[str, Any]:
    """Return an IAM policy that allows the steps on this deployment, and no more."""
    partition, region, account = (deployment.stack_id.split(":")[part] for part in (1, 3, 4))
    api_id = deployment.resources["AWS::ApiGateway::RestApi"][0]

    def arn(service: str, resource: str) -> str:
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    functions = [function.alias_arn for function in deployment.functions.values()]
    statements = [
        (
            [
                "cloudformation:DescribeStacks",
                "cloudformation:GetTemplate",
                "cloudformation:ListStackResources",
            ],
            [deployment.stack_id],
        ),
        # These support no resources: AWS Service Authorization Reference, Amazon CloudWatch.
        (["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics"], ["*"]),
        (
            ["lambda:GetAlias", "lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            [*functions, *(alias.rpartition(":")[0] for alias in functions)],
        ),
        (
            ["execute-api:Invoke"],
            [arn("execute-api", f"{api_id}/*/POST/{path}") for path in ("otp", "otp/verify")],
        ),
        (
            ["logs:FilterLogEvents"],
            [
                arn("logs", f"log-group:{function.log_group}:*")
                for function in deployment.functions.values()
            ],
        ),
    ]
    if queue:
        name = deployment.queue_url.rpartition("/")[2]
        statements.append((["sqs:DeleteMessage", "sqs:ReceiveMessage"], [arn("sqs", name)]))
    if pause:
        actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]
        statements.append((actions, [arn("dynamodb", f"table/{deployment.table}")]))
    keys = deployment.resources.get("AWS::KMS::Key", [])
    if keys:  # for the functions' settings and the queue, and to read and write the switch
        actions = ["kms:Decrypt"]
        if pause:
            actions += ["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
        statements.append((actions, [arn("kms", f"key/{key}") for key in keys]))
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": resources}
            for actions, resources in statements
        ],
    }
