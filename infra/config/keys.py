"""All keys together; `contradictions` checks whether their values fit together."""

from .api import Api
from .functions import Functions
from .guard import Guard
from .kind import Kind
from .limits import Limits
from .sending import Sending
from .values import Subject
from .watching import Watching

#: In the order of docs/configuration.md.
SUBJECTS: tuple[type[Subject], ...] = (
    *(Sending, Limits, Guard),
    *(Kind, Functions, Api, Watching),
)


# pydantic takes the fields of the last base class first.
class Keys(Watching, Api, Functions, Kind, Guard, Limits, Sending):
    """Every key of the configuration; docs/configuration.md describes them."""
