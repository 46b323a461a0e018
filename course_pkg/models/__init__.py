"""Whole networks, and the arithmetic of their layers."""

from course_pkg.models import arithmetic
from course_pkg.models.arithmetic import C3_TABLE
from course_pkg.models.lenet import digit_centres, lenet5

__all__ = ["C3_TABLE", "arithmetic", "digit_centres", "lenet5"]
