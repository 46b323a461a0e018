"""What the tests of grading share: one warm parent, which takes seconds to start."""

import os

import pytest

from course_pkg.grading import parent


@pytest.fixture(scope="session")
def warm():
    os.environ["MY_TOKEN"] = os.environ["MY_SECRET"] = "LEAK"  # nothing of ours may be seen by a submission
    warm = parent.Parent()
    yield warm
    warm.close()
