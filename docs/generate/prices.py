"""The prices and assumptions from which the tables of docs/cost.md are computed.

Prices are of us-east-1, in US dollars, looked up on 2026-11-23 on AWS's pages. docs/cost.md links
to them.
"""

#: For each item that is paid for: the price as AWS writes it, and its unit, most of them a month.
PRICES = {
    "API Gateway: requests to a REST API": ("$3.50", "million"),
    "CloudWatch: dashboards": ("$3.00", "dashboard"),
    "CloudWatch: log lines kept, compressed": ("$0.03", "GB and month"),
    "CloudWatch: log lines taken in": ("$0.50", "GB"),
    "CloudWatch: metrics of our own": ("$0.30", "metric"),
    "CloudWatch: metrics that alarms watch": ("$0.10", "metric"),
    "DynamoDB: read request units": ("$0.125", "million"),
    "DynamoDB: write request units": ("$0.625", "million"),
    "KMS: keys": ("$1.00", "key"),
    "KMS: requests": ("$0.03", "10,000"),
    "Lambda: duration on arm64": ("$0.0133334", "1,000 GB-seconds"),
    "Lambda: duration on x86_64": ("$0.0166667", "1,000 GB-seconds"),
    "Lambda: requests": ("$0.20", "million"),
    "SMS: texts to the United States": ("$0.00581", "text"),
    "WAF: requests": ("$0.60", "million"),
    "WAF: rules and managed groups": ("$1.00", "rule"),
    "WAF: web ACLs": ("$5.00", "ACL"),
    "X-Ray: traces recorded": ("$5.00", "million"),
}

#: The assumptions; tests/unit/test_cost.py checks those that are measured.
ASSUMED = {
    # Most of it is waiting for Pinpoint. Lambda charges for it.
    "milliseconds that a function takes": 400,
    # Measured: the lock, four counts (one is the guard's), and the record.
    "writes of a message, of one unit each": 6,
    # Measured: crediting a right code to the guard; none if the balance is at its minimum.
    "writes of a verification, of one unit each": 2,
    "reads of a verification, of one unit each": 2,
    # Measured: one unit. The count of a busy block takes more.
    "bytes of an item, at most": 1024,
    # The first two are measured; the others are estimates.
    "bytes of a function's own line in the log": 710,
    "bytes of its lines of metrics in the log": 910,
    "bytes of Lambda's own lines in the log": 700,
    "bytes of a value in API Gateway's access log": 25,  # the rest of the line is its format
    "bytes of the firewall's line in the log": 2000,
    # Example 4 of https://aws.amazon.com/cloudwatch/pricing/
    "share that is kept of a line, compressed": 0.15,
    # X-Ray's default rule:
    # https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
    "requests a second that X-Ray traces": 1,
    "share of the others that X-Ray traces": 0.05,
    # Requests, ServerErrors, OutcomeUnknown, Replayed, ReportedErrors.
    "metrics of each function": 5,
    # Texts, Verified, WrongCodes, RefusedByLimit.
    "metrics of each country, and of all together": 4,
    "countries that are texted": 2,
    "limits that refuse something, a metric each": 2,
    "codes of problems that occur, a metric each": 5,
    # Services keep a data key for five minutes.
    "times an hour that what is encrypted asks KMS": 12,
}
