"""Runs one function as Lambda's runtime does, in a Python that has nothing else: no site-packages.

    python -I -S -B driver.py FOLDER MODULE PLAN

Only the standard library is imported here, and nothing that a start of Lambda's own would not need.
PLAN is JSON: `port` of the stub; `prefix` of all ReferenceIds; `result`, the file descriptor that
gets the result as a line of JSON; and `what` to do:

- `cold`: import the module, answer one request, and end: `imported` is the CPU of the process after
  the import, and `after` the time since `began`, a time of the monotonic clock.
- `twice`: the same with two requests.
- `warm`: answer `warm_up` requests, then measure the CPU of `blocks` times `requests` of them, each
  block as `new` (every ReferenceId is) and as `known` (always the same one); and of `idle` single
  ones, each a minute after the one before, when the other side has closed all connections.
- `calls`: the same, but of the module's `calls()`: see raw.py.
- `memory`: answer requests, one in five of them new, and look at the process after each of `at`.

To send, a known ReferenceId is a replay; to verify, its code is wrong.

What the function says goes where it always does, to stdout.
"""

import json
import os
import sys

folder, module, plan = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
sys.path.insert(0, folder)

import socket  # noqa: E402 - after the path, like everything that follows
import time  # noqa: E402

_getaddrinfo = socket.getaddrinfo


def _to_the_stub(host, port, *args, **kwargs):
    """Let every name be the stub, so that AWS's own host names and certificates are in play."""
    return _getaddrinfo("127.0.0.1", plan["port"], *args, **kwargs)


socket.getaddrinfo = _to_the_stub

_time, idle = time.time, 0.0
time.time = lambda: _time() + idle


known = f"{plan['prefix']}-known"


class Context:
    function_name = "send"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:send:live"
    aws_request_id = "8a1f7a4e-4d8e-4a57-8f39-6f8e3a1f0b11"

    def get_remaining_time_in_millis(self):
        return 25_000


def event(reference_id):
    body = {"ReferenceId": reference_id, "DestinationIdentity": "+12065550123"}
    if module == "otp.verify":
        body["Otp"] = plan["wrong_code"] if reference_id == known else "123456"
    return {
        "resource": "/otp",
        "path": "/otp",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "requestContext": {
            "requestId": "6d2f0a52-7d6f-4e0e-8b1b-0a4f3f0e9c55",
            "stage": "v1",
            "httpMethod": "POST",
            "path": "/otp",
            "identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/login/session"},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def done(result):
    os.write(plan["result"], json.dumps(result).encode() + b"\n")
    sys.stdout.flush()
    os._exit(0)  # what Python does at its end is no part of an answer


function = __import__(module, fromlist=["handler"])
imported = {"cpu": time.process_time(), "after": time.monotonic() - plan.get("began", 0)}


def answer(reference_id):
    reply = function.handler(event(reference_id), Context())
    if reply["statusCode"] != 200:
        raise SystemExit(f"The function failed: {reply}")


if plan["what"] in ("cold", "twice"):
    answer(plan["prefix"])
    if plan["what"] == "twice":
        answer(f"{plan['prefix']}-again")
    done(imported)

import gc  # noqa: E402 - not before a cold start is over
import http.client  # noqa: E402
import itertools  # noqa: E402
import resource  # noqa: E402
import ssl  # noqa: E402
import subprocess  # noqa: E402
import threading  # noqa: E402

numbers = itertools.count()


def new():
    return f"{plan['prefix']}-{next(numbers)}"


def close_all_connections():
    """Have the stub close all connections but this one."""
    trusted = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection(plan["host"], context=trusted)
    connection.request("GET", "/close-all")
    connection.getresponse().read()
    connection.close()


def measured(call, ids):
    began = time.process_time()
    for reference_id in ids:
        call(reference_id)
    return (time.process_time() - began) / len(ids)


if plan["what"] in ("warm", "calls"):
    result = {"new": [], "known": [], "idle": []}
    if plan["what"] == "calls":
        of_new, of_known = function.calls(plan["calls"])
    else:
        of_new = of_known = answer
    of_new(known)
    for _ in range(plan["warm_up"]):
        of_new(new())
        of_known(known)
    for _ in range(plan["blocks"]):
        result["new"].append(measured(of_new, [new() for _ in range(plan["requests"])]))
        result["known"].append(measured(of_known, [known] * plan["requests"]))
    for _ in range(plan["idle"]):
        close_all_connections()
        idle += 60
        result["idle"].append(measured(of_new, [new()]))
    done(result)


def peak():
    """Say how much memory this process has had at most, in bytes."""
    if os.path.exists("/proc/self/status"):
        # Linux counts the process that has started this one into ru_maxrss, but not here.
        with open("/proc/self/status") as status:
            [line] = [line for line in status if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of macOS, where it is in bytes


result = {}
for number in range(1, plan["at"][-1] + 1):
    answer(new() if number % 5 == 0 else known)
    if number in plan["at"]:
        cpu = time.process_time()
        gc.collect()
        ps = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], stdout=-1, check=True)
        result[number] = {
            "cpu": cpu,
            "resident": int(ps.stdout) * 1024,
            "peak": peak(),
            "objects": len(gc.get_objects()),
            "threads": threading.active_count(),
            "files": len(os.listdir("/dev/fd")),
        }
done(result)
