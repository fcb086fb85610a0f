# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How a step fails: with what a module says of its error, and with nothing of what it read."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import StepFailed
from ansible_collections.azroll.vmss.tests.unit.playing import KILLED, broken


def test_a_failure_shows_the_result_of_its_module_without_the_facts() -> None:
    result = {**broken("It broke.", "timeout"), "ansible_facts": {"vmss": {}}, "invocation": {"secret": "x"}}
    shown = StepFailed("It broke.", result).to_dict()
    assert (shown["failed"], shown["msg"], shown["error"]) == (True, "It broke.", {"kind": "timeout"})
    assert not {"ansible_facts", "invocation"} & set(shown)


@pytest.mark.parametrize("result", [None, {}, KILLED, {"error": None}, {"error": "in words"}])
def test_without_an_error_of_a_module_there_is_none(result: Any) -> None:
    failure = StepFailed("It broke.", result, kind="sweep")
    assert (failure.error, failure.kind) == ({}, "sweep")
    assert failure.to_dict()["error"] is None


def test_the_kind_of_the_error_goes_before_that_of_the_step() -> None:
    assert StepFailed("It broke.", broken(kind="denied"), kind="sweep").kind == "denied"
