"""What the end-to-end tests are run on."""

from tests.support.fixtures import warehouse

__all__ = ["warehouse"]
