"""Texts in conditions on dates: the beginning of a stored one is a bound, and anything else is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import InvalidOperator
from tests.support.schemas import LIBRARIES

pytestmark = pytest.mark.usefixtures("database")
