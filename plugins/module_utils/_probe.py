# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Repeated checks: enough good ones in a row, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._errors import BadInput

LONGEST_CALL = 45


@dataclass(frozen=True)
class Probe:
    """The state of a repeated check. `streak` is the number of good ones in a row, `attempts` of all."""

    streak: int = 0
    attempts: int = 0
    done: bool = False
    exhausted: bool = False


def step(probe: Probe, good: bool, *, successes: int, retries: int) -> Probe:
    """The state after one more check: `done` after `successes` good ones in a row.

    `exhausted` where `retries` checks beyond the first streak did not bring that.
    """
    streak = probe.streak + 1 if good else 0
    attempts = probe.attempts + 1
    done = streak >= successes
    return Probe(streak, attempts, done, not done and attempts >= retries + successes)


def waits(
    *, upgrade_timeout: int, health_retries: int, health_delay: int, health_successes: int
) -> dict[str, dict[str, int]]:
    """How the role waits for `upgrade` and for `health`: `timeout` of each call in seconds and `retries` of the task.

    For `room` above the floor it waits as long as for health: what is missing may come back in that time; `delay` are
    the seconds between two tries.

    Raises BadInput where the options leave no time at all.
    """
    least = {"upgrade_timeout": 1, "health_retries": 0, "health_delay": 0, "health_successes": 1}
    given = {
        "upgrade_timeout": upgrade_timeout,
        "health_retries": health_retries,
        "health_delay": health_delay,
        "health_successes": health_successes,
    }
    for name, value in given.items():
        if value < least[name]:
            raise BadInput(f"rollout_{name} is {value}", advice=f"Give at least {least[name]}.")
    each = max(health_delay, 1)  # a look takes time, too
    return {
        "upgrade": _long_poll(upgrade_timeout, 1),
        "health": _long_poll((health_retries + health_successes) * each, health_successes * each),
        "room": {"retries": max(health_retries, 1), "delay": each},
    }


def _long_poll(seconds: int, shortest: int) -> dict[str, int]:
    # Short calls show signs of life, but a streak of good looks must fit into one. `retries: n` makes n + 1 calls;
    # there are at least two, because Ansible does not look at `until` where `retries` is 0: it would let anything pass.
    calls = max(-(-seconds // max(LONGEST_CALL, shortest)), 2)
    return {"timeout": max(-(-seconds // calls), shortest), "retries": calls - 1}
