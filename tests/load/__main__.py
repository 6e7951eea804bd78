"""`make load`: many concurrent requests with repeated ReferenceIds through the deployed API."""

import argparse
import random
import statistics
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from sandbox import client
from sandbox.start import step
from sandbox.state import State
from sandbox.supervisor import detached
from tests.support.numbers import number_for

# Every limit counts, but none is reached.
_LIMITS = {"countryPerDay": "100000", "deploymentPerHour": "100000", "callerPerHour": "100000"}


class Sample(NamedTuple):
    """One request: its ReferenceId, the kind of its answer, and its duration."""

    reference_id: str
    name: str
    seconds: float


def main() -> int:
    """Run the load; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000, help="(%(default)s)")
    parser.add_argument("--reference-ids", type=int, default=2000, help="(%(default)s)")
    parser.add_argument("--concurrency", type=int, default=32, help="(%(default)s)")
    arguments = parser.parse_args()
    with detached(_LIMITS) as state:
        return run(state, arguments)


def run(state: State, arguments: argparse.Namespace) -> int:
    """Send, count, print; returns 1 if a text was lost or sent twice."""
    reference_ids = [str(uuid.uuid4()) for _ in range(arguments.reference_ids)]
    # Every ReferenceId once, then repeats.
    asked = reference_ids + random.choices(  # noqa: S311 - no secret
        reference_ids, k=arguments.requests - len(reference_ids)
    )
    random.shuffle(asked)
    with (
        step(f"Sending {arguments.requests} requests, {arguments.concurrency} at once"),
        ThreadPoolExecutor(arguments.concurrency) as threads,
    ):
        started = time.monotonic()
        samples = list(threads.map(lambda reference_id: _send(state, reference_id), asked))
        seconds = time.monotonic() - started
    texts = Counter(text["referenceId"] for text in client.inbox(state))
    answers = Counter(sample.name for sample in samples)
    sent = {sample.reference_id for sample in samples if sample.name.startswith("200")}
    lost = [reference_id for reference_id in sent if not texts[reference_id]]
    unanswered = [reference_id for reference_id in reference_ids if reference_id not in sent]
    duplicated = [reference_id for reference_id in reference_ids if texts[reference_id] > 1]
    times = sorted(sample.seconds * 1000 for sample in samples)
    print(
        f"requests    {len(samples)}, {len(samples) / seconds:.0f} a second\n"
        f"texts       {sum(texts[reference_id] for reference_id in reference_ids)} "
        f"for {len(reference_ids)} ReferenceIds\n"
        f"lost        {len(lost)} (answered 200, but no text)\n"
        f"duplicated  {len(duplicated)}\n"
        f"unsent      {len(unanswered)} (never answered 200)\n"
        f"answers     {', '.join(f'{count} {name}' for name, count in answers.most_common())}\n"
        f"median      {statistics.median(times):.0f} ms\n"
        f"p99         {times[int(len(times) * 0.99)]:.0f} ms"
    )
    return 1 if lost or duplicated or unanswered else 0


def _send(state: State, reference_id: str) -> Sample:
    started = time.monotonic()
    asked = {"ReferenceId": reference_id, "DestinationIdentity": number_for(reference_id)}
    answer = client.send(state, asked)
    seconds = time.monotonic() - started
    if answer.status == 200:
        kind = "replayed" if answer.headers.get("Idempotent-Replayed") else "sent"
    else:
        content = answer.json() if answer.body.startswith(b"{") else {}
        kind = content.get("code", "gateway")
    return Sample(reference_id, f"{answer.status} {kind}", seconds)


if __name__ == "__main__":
    sys.exit(main())
