# The commands of docs/runbook.md: paste this file into a bash that has the account's credentials, or run
# `. docs/runbook.sh`. They look at the last three hours.

# One of the stack's outputs.
output() {
  aws cloudformation describe-stacks --stack-name "${STACK:?}" \
    --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}

# The physical names of the stack's resources of a type.
resource() {
  aws cloudformation list-stack-resources --stack-name "${STACK:?}" \
    --query "StackResourceSummaries[?ResourceType=='$1'].PhysicalResourceId" --output text
}

# The red alarms, and since when.
alarms() {
  local red
  red=$(aws cloudwatch describe-alarms --alarm-name-prefix "${STACK:?}-OtpAlarms" --state-value ALARM \
    --query 'MetricAlarms[].[AlarmName, StateTransitionedTimestamp]' --output text)
  echo "${red:-No alarm is red. The sandbox has no alarms.}"
}

# What was changed by hand: begins to look for it, and lists what was found before.
drift() {
  aws cloudformation detect-stack-drift --stack-name "${STACK:?}"
  aws cloudformation describe-stack-resource-drifts --stack-name "${STACK:?}" \
    --stack-resource-drift-status-filters MODIFIED DELETED --output text \
    --query 'StackResourceDrifts[].LogicalResourceId'
}

# Send or Verify: the function that the other commands look at.
use() {
  FUNCTION=$(output "$1FunctionArn")
  FUNCTION=${FUNCTION%:live}
  LOG=$(aws lambda get-function-configuration --function-name "${FUNCTION:?the stack has no such output}" \
    --query LoggingConfig.LogGroup --output text)
}

last() { echo "--start-time $(($(date +%s) - 10800)) --end-time $(date +%s)"; }

# Runs the Logs Insights query from standard input on a log group.
insights() {
  local id
  id=$(aws logs start-query --log-group-name "${1:?which log group}" --query-string "$(cat)" $(last) \
    --query queryId --output text)
  while aws logs get-query-results --query-id "${id:?no query}" --query status --output text |
    grep -Eq 'Scheduled|Running'; do sleep 1; done
  aws logs get-query-results --query-id "$id" --query "results[*][?field!='@ptr'].value" --output text
}

# The answers, by the version of the function and by code.
outcomes() {
  insights "$LOG" <<'QUERY'
filter message = "answered"
| parse @logStream /\[(?<version>[^\]]+)\]/
| stats count(*) as requests, count_distinct(destination) as endings
    by bin(10m), version, status, code, limit, replayed
| sort requests desc
QUERY
}

# All other lines, except function errors that only carry a problem to a direct caller.
reasons() {
  insights "$LOG" <<'QUERY'
filter (ispresent(message) and message != "answered")
    or (ispresent(errorType) and errorMessage not like /problem-type/)
| stats count(*) as lines by message, error, reason, delivery_status, status_code, exception_name,
    errorType, errorMessage
| sort lines desc
QUERY
}

# The ReferenceIds with the most requests; `one` is the requestId of the latest request.
busiest() {
  insights "$LOG" <<'QUERY'
filter message = "answered"
| stats count(*) as requests, count_distinct(destination) as endings, latest(correlation_id) as one
    by reference_id, code, valid
| sort requests desc
| limit 50
QUERY
}

# All lines with a requestId, a ReferenceId or a code.
lines() {
  insights "$LOG" <<QUERY
filter correlation_id = "$1" or reference_id = "$1" or code = "$1"
| fields @timestamp, correlation_id, reference_id, destination, message, status, code, reason, exception
| sort @timestamp
QUERY
}

# Invocations without an answer, and why Lambda ended them.
unanswered() {
  insights "$LOG" <<'QUERY'
filter message = "answered" or type = "platform.report"
| fields coalesce(function_request_id, record.requestId) as request
| stats count(function_request_id) as answers, max(record.metrics.durationMs) as ms,
    max(record.metrics.maxMemoryUsedMB) as mb, latest(record.status) as outcome,
    latest(record.errorType) as reason by request
| filter answers = 0
| limit 100
QUERY
}

# How long requests took, in milliseconds, without the start.
durations() {
  insights "$LOG" <<'QUERY'
filter type = "platform.report"
| stats count(*) as requests, pct(record.metrics.durationMs, 50) as p50,
    pct(record.metrics.durationMs, 99) as p99, max(record.metrics.initDurationMs) as start by bin(5m)
QUERY
}

# The callers of the API, from its access log (needs apiGatewayLogRole).
callers() {
  local arn
  arn=$(aws apigateway get-stage --rest-api-id "${API:?}" --stage-name v1 \
    --query accessLogSettings.destinationArn --output text)
  if [ "$arn" = None ]; then
    echo "The API has no access log: apiGatewayLogRole=none, or this is the sandbox." >&2
    return 1
  fi
  insights "${arn##*:log-group:}" <<'QUERY'
stats count(*) as requests, latest(requestId) as one by caller, sourceIp, status, gatewayResponse
| sort requests desc
| limit 50
QUERY
}

# A metric: namespace, name, statistic, seconds of a period, dimensions.
metric() {
  local namespace=$1 name=$2 statistic=$3 seconds=$4
  shift 4
  echo "$name $*"
  aws cloudwatch get-metric-statistics --namespace "$namespace" --metric-name "$name" --dimensions "$@" \
    --statistics "$statistic" --period "$seconds" $(last) \
    --query "sort_by(Datapoints, &Timestamp)[].[Timestamp, $statistic]" --output text
}

# A metric of DynamoDB for each operation: name, statistic.
dynamodb() {
  local operation
  for operation in PutItem UpdateItem DeleteItem GetItem; do
    metric AWS/DynamoDB "$1" "$2" 300 Name=TableName,Value="${TABLE:?}" Name=Operation,Value="$operation"
  done
}

# Ten events of the failure queue, without their phone numbers; they are hidden from others for 30 seconds.
failed_events() {
  aws sqs get-queue-attributes --queue-url "${QUEUE:?}" --attribute-names ApproximateNumberOfMessages \
    --query Attributes --output text
  aws sqs receive-message --queue-url "${QUEUE:?}" --max-number-of-messages 10 --visibility-timeout 30 \
    --query 'Messages[].Body' --output json |
    jq -r '.[]? | fromjson | objects | [.timestamp // "copy", .requestContext.condition? // "-",
      .responsePayload.errorType? // "-", .requestPayload.ReferenceId? // .ReferenceId // "-"] | @tsv'
}

# The versions of the function, and the live one.
versions() {
  aws lambda list-versions-by-function --function-name "${FUNCTION:?}" \
    --query 'Versions[].[Version, LastModified]' --output text
  aws lambda get-alias --function-name "${FUNCTION:?}" --name live
}

# Stop CodeDeploy's deployments of both functions.
stop_deployments() {
  local application group running
  for application in $(resource AWS::CodeDeploy::Application); do
    group=$(aws deploy list-deployment-groups --application-name "$application" \
      --query 'deploymentGroups[0]' --output text)
    for running in $(aws deploy list-deployments --application-name "$application" \
      --deployment-group-name "$group" --include-only-statuses InProgress \
      --query 'deployments[]' --output text); do
      aws deploy stop-deployment --deployment-id "$running" --auto-rollback-enabled
    done
  done
}

# Texts, codes and refused texts by country and hour.
countries() {
  local codes country name deployment=Name=Deployment,Value="${STACK:?}/Otp"
  codes=$(aws cloudwatch list-metrics --namespace ServerlessOtp --metric-name Texts \
    --dimensions "$deployment" Name=Country \
    --query "Metrics[].Dimensions[?Name=='Country'].Value[]" --output text)
  if [ -z "$codes" ]; then
    echo "CloudWatch has no metric Texts of $STACK in $AWS_REGION. The sandbox never has one: it keeps no metrics."
  fi
  for country in $(echo "$codes"); do
    for name in Texts Verified WrongCodes RefusedByLimit; do
      metric ServerlessOtp "$name" Sum 3600 "$deployment" Name=Country,Value="$country"
    done
  done
}

# The names that the other commands use.
prepare() {
  unset TABLE QUEUE API FUNCTION LOG
  if [ -z "${AWS_REGION:-}" ]; then
    echo "Set AWS_REGION to the region of the stack, and run: prepare" >&2
    return 1
  fi
  export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION # version 1 of the CLI reads the second only
  STACK=${STACK:-ServerlessOtp}
  TABLE=$(output TableName)
  QUEUE=$(output SendFailureQueueUrl)
  API=$(resource AWS::ApiGateway::RestApi)
  use Send
  echo "table ${TABLE:?not found}, queue ${QUEUE:?not found}, API ${API:?not found}, log ${LOG:?not found}"
}

prepare
