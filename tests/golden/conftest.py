"""What the golden cases are run on."""

from tests.support.fixtures import warehouse

__all__ = ["warehouse"]
