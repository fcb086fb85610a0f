# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role that runs is the one that is proved: its own task files do what the driver does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import ModuleCall
from rollouts import driver
from rollouts.arm import Known
from rollouts.driver import Rollout
from rollouts.play import Result, answer
from rollouts.site import Site
from rollouts.trace import differences

# `make soak` goes through many more.
WORLDS = (2, 3, 4, 7, 9, 11)


@pytest.mark.parametrize("seed", WORLDS)
def test_the_role_does_what_the_driver_does(seed: int) -> None:
    assert differences(seed, largest=12) == []


def test_a_driver_that_goes_another_way_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rollout, "_run_batches", lambda _self: None)
    assert "the role's of vmss_domain_upgrade" in differences(4, largest=12)[0]


def test_a_driver_that_forgets_the_gate_before_the_image_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rollout, "_gate", lambda _self: None)
    assert [one for seed in WORLDS for one in differences(seed, largest=12)] != []


def test_a_driver_that_gives_another_option_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(site: Site, known: Known, call: ModuleCall) -> Result:
        return answer(site, known, replace(call, options={**call.options, "max_unavailable": "100%"}))

    monkeypatch.setattr(driver, "answer", careless)
    assert "differ in max_unavailable" in differences(4, largest=12)[0]
