"""Baseline: what a competent engineer writes with Powertools, by its documentation.

Event handler with validation, Logger, Tracer, Metrics, idempotency over DynamoDB.
"""

import os
from typing import Annotated, Literal

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

logger = Logger(service="otp")
tracer = Tracer(service="otp")
metrics = Metrics(namespace="Otp", service="otp")
app = APIGatewayRestResolver(enable_validation=True)
pinpoint = boto3.client("pinpoint")
persistence = DynamoDBPersistenceLayer(table_name=os.environ["OTP_TABLE_NAME"])
config = IdempotencyConfig(event_key_jmespath="ReferenceId", expires_after_seconds=3900)


class SendOtp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ReferenceId: Annotated[str, Field(pattern=r"^[!-~]{1,48}$")]
    DestinationIdentity: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$")]
    OriginationIdentity: str = os.environ["OTP_ORIGINATION_IDENTITY"]
    BrandName: Annotated[str, Field(min_length=1, max_length=20)] = os.environ["OTP_BRAND_NAME"]
    Channel: Literal["SMS"] = "SMS"
    CodeLength: Annotated[int, Field(ge=5, le=8)] = 6
    ValidityPeriod: Annotated[int, Field(ge=5, le=60)] = 10
    AllowedAttempts: Annotated[int, Field(ge=1, le=5)] = 3
    Language: str | None = None
    EntityId: str | None = None
    TemplateId: str | None = None


@tracer.capture_method(capture_response=False)
@idempotent_function(
    data_keyword_argument="parameters", config=config, persistence_store=persistence
)
def send(parameters: dict) -> dict:
    return pinpoint.send_otp_message(
        ApplicationId=os.environ["OTP_APPLICATION_ID"],
        SendOTPMessageRequestParameters=parameters,
    )["MessageResponse"]


@app.post("/otp")
@tracer.capture_method(capture_response=False)
def post(request: SendOtp) -> dict:
    answer = send(parameters=request.model_dump(exclude_none=True))
    metrics.add_metric(name="Texts", unit=MetricUnit.Count, value=1)
    return {"MessageResponse": answer}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict, context: LambdaContext) -> dict:
    config.register_lambda_context(context)
    return app.resolve(event, context)
