"""All classes of problems, of the functions and of API Gateway."""

import infra.api.gateway_responses
import lambda_src.otp.contract.problems
from lambda_src.otp.contract.problem import Problem


def _of(module: object) -> set[type[Problem]]:
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    return {kind for kind in kinds if issubclass(kind, Problem)} - {Problem}


CLASSES = _of(lambda_src.otp.contract.problems) | _of(infra.api.gateway_responses)
