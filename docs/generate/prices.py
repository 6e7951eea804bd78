"""What the tables of docs/cost.md are computed from: prices of AWS's, and what is assumed.

Prices are of us-east-1, in US dollars, looked up on 2026-11-23 on AWS's pages, to which the page
links.
"""

#: The price, as AWS writes it, and what it is the price of; by what is paid for.
PRICES = {
    "API Gateway: requests to a REST API": ("$3.50", "million"),
    "CloudWatch: dashboards": ("$3.00", "dashboard and month"),
    "CloudWatch: log lines kept, compressed": ("$0.03", "GB and month"),
    "CloudWatch: log lines taken in": ("$0.50", "GB"),
    "CloudWatch: metrics of our own": ("$0.30", "metric and month"),
    "CloudWatch: metrics that alarms watch": ("$0.10", "metric and month"),
    "DynamoDB: read request units, on demand": ("$0.125", "million"),
    "DynamoDB: write request units, on demand": ("$0.625", "million"),
    "KMS: keys": ("$1.00", "key and month"),
    "KMS: requests": ("$0.03", "10,000"),
    "Lambda: duration on arm64": ("$0.0133334", "1,000 GB-seconds"),
    "Lambda: duration on x86_64": ("$0.0166667", "1,000 GB-seconds"),
    "Lambda: requests": ("$0.20", "million"),
    "WAF: requests": ("$0.60", "million"),
    "WAF: rules, a managed group being one": ("$1.00", "rule and month"),
    "WAF: web ACLs": ("$5.00", "ACL and month"),
    "X-Ray: traces recorded": ("$5.00", "million"),
}

#: By what is assumed; tests/unit/test_cost.py holds what is measured against the functions.
ASSUMED = {
    # Most of it is waiting for Pinpoint; the price of the duration goes with it.
    "milliseconds that a function takes": 400,
    # Measured: the lock, four counts, that of the guard among them, and the record.
    "writes of a message, of one unit each": 6,
    # Measured: what a right code tells the guard; none if the balance is as low as it may be.
    "writes of a verification, of one unit each": 2,
    "reads of a verification, of one unit each": 2,
    # Measured, and one unit; a count of a busy block is more.
    "bytes of an item, at most": 1024,
    # The first two are measured, the others estimated.
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
