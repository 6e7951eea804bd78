"""Where failed asynchronous events go: to a queue that keeps them, or a topic that does not."""

import abc

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.deployment import Deployment

_PERIOD = Duration.minutes(5)


class FailureTarget(abc.ABC):
    """Where a function's events go that failed for good, and how often they are tried before.

    Args:
        scope: the function's construct.
        deployment: what encrypts it, and whether it outlives the stack.

    Class attributes:
        service: the AWS service, as in `kms:ViaService`.
        retries: how often Lambda repeats an event that has failed.
        max_event_age_seconds: older events are not tried any more.
        alarm: the name of the alarm on arriving events, after the function's name.
        meaning: of that alarm, after the function's name.
        section: of docs/runbook.md.

    Attributes:
        arn: of the queue or the topic.
        queue_or_none: as Lambda's dead-letter queue.
        topic_or_none: the same as a topic; one of the two is None.
        statement: lets the function's role put events there.
        metric: counts what has arrived.

    """

    service: str
    retries: int
    max_event_age_seconds: int
    alarm: str
    meaning: str
    section: str

    arn: str
    queue_or_none: sqs.IQueue | None = None
    topic_or_none: sns.ITopic | None = None
    statement: iam.PolicyStatement
    metric: cloudwatch.Metric

    @abc.abstractmethod
    def __init__(self, scope: Construct, deployment: Deployment) -> None: ...


class FailureQueue(FailureTarget):
    """A queue that keeps failed events for two weeks, with their problems.

    Attributes:
        queue: the queue.

    """

    service = "sqs"
    retries = 2
    # No event may run after the window of its ReferenceId (65 minutes): it would text again.
    max_event_age_seconds = 5 * 60
    alarm = "FailureQueue"
    meaning = "asynchronous requests failed for good. Their callers do not know."
    section = "failure-queue"

    def __init__(self, scope: Construct, deployment: Deployment) -> None:
        self.queue = sqs.Queue(
            scope,
            "Failures",
            encryption=(
                sqs.QueueEncryption.KMS if deployment.key else sqs.QueueEncryption.SQS_MANAGED
            ),
            encryption_master_key=deployment.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=deployment.removal_policy,
        )
        self.arn = self.queue.queue_arn
        self.queue_or_none = self.queue
        self.statement = iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.arn])
        self.metric = self.queue.metric_approximate_number_of_messages_visible(
            period=_PERIOD, statistic="Maximum"
        )
        acknowledge(
            self.queue,
            "It is a dead-letter queue itself. A person reads it: there is no consumer to fail.",
            "Serverless-SQSRedrivePolicy",
        )
        if not deployment.key:
            acknowledge(
                self.queue,
                "SQS encrypts it with AWS's key (customerKey=false).",
                "CKV_AWS_27",
            )


class ForgetfulTopic(FailureTarget):
    """A topic without subscribers: SNS counts the events, and keeps none.

    For events that must not be stored, because they hold codes.
    """

    service = "sns"
    # Each retry may use one of the person's attempts, for an answer that no caller gets.
    retries = 0
    # Lambda's minimum. It keeps an event for so long if it cannot run it.
    max_event_age_seconds = 60
    alarm = "Asynchronous"
    meaning = "asynchronous requests failed. Their callers never learn whether a code is right."
    section = "asynchronous-verification"

    def __init__(self, scope: Construct, deployment: Deployment) -> None:
        topic = sns.Topic(scope, "Failures", master_key=deployment.key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="NobodySubscribes",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["sns:Subscribe"],
                resources=[topic.topic_arn],
            )
        )
        self.arn = topic.topic_arn
        self.topic_or_none = topic
        self.statement = iam.PolicyStatement(actions=["sns:Publish"], resources=[self.arn])
        self.metric = topic.metric_number_of_messages_published(period=_PERIOD, statistic="Sum")
        if not deployment.key:
            acknowledge(
                topic,
                "It keeps nothing, nobody may subscribe, and it accepts only TLS "
                "(customerKey=false).",
                "NIST.800.53.R5-SNSEncryptedKMS",
                "HIPAA.Security-SNSEncryptedKMS",
                "PCI.DSS.321-SNSEncryptedKMS",
                "CKV_AWS_26",
            )
