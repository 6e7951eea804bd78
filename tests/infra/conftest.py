"""The templates that the tests of the stack look at, each synthesized once."""

import os
from collections.abc import Iterator

# Before anything imports the CDK: jsii prints a long banner for Node.js releases past their end of
# life; 20 still runs it well.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import pytest

from .helpers import REGION, RenderedTemplate, StubBundle, synthesize


@pytest.fixture(scope="session", autouse=True)
def stub_bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubBundle]:
    """Deploy nothing: a template is not about the code, whose tests call the bundler themselves."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "code.py").touch()
    stub = StubBundle(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.service.build", stub.build)
        yield stub


@pytest.fixture(scope="session")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize what the least configuration gives: the profile dev."""
    return synthesize(tmp_path_factory.mktemp("minimal"))


@pytest.fixture(scope="session")
def creating(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize a stack that creates the Pinpoint application, and has a language."""
    return synthesize(
        tmp_path_factory.mktemp("creating"),
        applicationId=None,
        createApplication="true",
        language="es-ES",
    )


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize the profile production."""
    return synthesize(tmp_path_factory.mktemp("production"), profile="production", region=REGION)


@pytest.fixture(scope="session", params=["minimal", "creating", "production"])
def template(request: pytest.FixtureRequest) -> RenderedTemplate:
    """Give each of the templates in turn, for what must hold in all."""
    template: RenderedTemplate = request.getfixturevalue(request.param)
    return template
