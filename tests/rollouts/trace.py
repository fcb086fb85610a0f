# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role and the driver in the same world: the same calls of modules, with the same options, to the same end.

Thousands of random worlds are played with the driver, because it takes a hundredth of the time. What holds for it holds
for the role as long as nothing here differs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rollouts.driver import Rollout
from rollouts.role import RoleRun
from rollouts.rollout import Outcome, Player, roll
from rollouts.site import Called
from rollouts.worlds import random_world

LARGEST = 30
# Each run's own names; a run that has no id and one that has are two things, though.
OWN = ("wait_state", "run_id", "holder")
# Sets, which Ansible's filters bring into an order of their own.
SETS = ("instance_ids", "unhealthy_before")


def differences(seed: int, largest: int = LARGEST) -> list[str]:
    """What the role does otherwise than the driver in the world of a seed; and what it does wrong there."""
    driver, its_calls = _play(seed, largest, Rollout)
    role, calls = _play(seed, largest, RoleRun)
    found = list(_compare(its_calls, calls))
    if not found and driver != role:
        found.append(f"the driver comes to {driver}, the role to {role}")
    return [f"{one} (world {seed})" for one in [*found, *role.violations]]


def _play(seed: int, largest: int, player: Player) -> tuple[Outcome, list[Called]]:
    # That another host fails in the middle of a task has no place in a play of one host.
    world = replace(random_world(random.Random(seed), largest), company=0)
    calls: list[Called] = []
    return roll(world, player=player, calls=calls), calls


def _compare(driver: list[Called], role: list[Called]) -> Iterator[str]:
    """The first call that differs, or is there in one of them only."""
    for number, (one, other) in enumerate(zip(driver, role, strict=False)):
        if (one.module, one.check_mode) != (other.module, other.check_mode):
            yield f"call {number}: the driver's is of {one.module}, the role's of {other.module}"
            return
        ours, theirs = _comparable(one.options), _comparable(other.options)
        if ours != theirs:
            names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
            told = ", ".join(f"{name} {ours.get(name)!r}/{theirs.get(name)!r}" for name in names)
            yield f"call {number}, {one.module}: driver/role differ in {told}"
            return
    if len(driver) != len(role):
        yield f"the driver makes {len(driver)} calls, the role {len(role)}"


def _comparable(options: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: bool(value) if name in OWN else value for name, value in options.items()}
    return {**plain, **{name: sorted(plain[name]) for name in SETS if plain.get(name)}}
