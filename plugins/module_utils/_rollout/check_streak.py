# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Repeated checks: enough good ones in a row, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput

LONGEST_CALL = 45
SPARE_CALLS = 20
SHORTEST_CALL = 600


@dataclass(frozen=True)
class Probe:
    """The state of a repeated check. `streak` is the number of good ones in a row, `attempts` of all.

    `unanswered` are those that Azure did not let come to an answer; they are none of the others.
    """

    streak: int = 0
    attempts: int = 0
    done: bool = False
    exhausted: bool = False
    unanswered: int = 0


def step(
    probe: Probe, good: bool, *, successes: int, retries: int, answered: bool = True, most_unanswered: int = 0
) -> Probe:
    """The state after one more check: `done` after `successes` good ones in a row.

    `exhausted` where `retries` checks beyond the first streak did not bring that, but not in the middle of a good one;
    or where more than `most_unanswered` came to no answer.
    """
    if not answered:
        unanswered = probe.unanswered + 1
        return Probe(probe.streak, probe.attempts, False, unanswered > most_unanswered, unanswered)
    streak = probe.streak + 1 if good else 0
    attempts = probe.attempts + 1
    done = streak >= successes
    return Probe(streak, attempts, done, not good and attempts >= retries + successes, probe.unanswered)


_NOT_NEEDED = {"timeout": 1, "retries": 0, "answered": 1}


@dataclass(frozen=True)
class Slow:
    """What a scale set itself adds to the time that an instance may take, in seconds.

    `notice`: before its upgrade begins, for the OS image notification. `grace`: until its health source has a verdict.
    `settling`: until a report counts whose time does not move.
    """

    notice: int = 0
    grace: int = 0
    settling: int = 0


def waits(
    *,
    upgrade_timeout: int,
    health_retries: int,
    health_delay: int,
    health_successes: int,
    unanswered_timeout: int = 0,
    slow: Slow = Slow(),
) -> dict[str, dict[str, int]]:
    """How the role waits: `timeout` of each call in seconds and `retries` of the task.

    `upgrade` is for the instances to come up, `reported` for their first verdict, and `health` for a healthy one from
    then on. What the set adds (`slow`) comes on top of what the options say. Who has a verdict that is not healthy gets
    nothing of the grace period. `reported.retries` is 0 where no such wait is needed.

    All calls together take as long as `answered`, and as `unanswered_timeout` beyond that. `unanswered` is how many
    checks by other means than the instances may come to no answer in that time. For `room` above the minimum in
    service it waits as long as for health: what is missing may come back in that time; `delay` are the seconds between
    two tries. `call` is for a module that only waits for Azure to answer.

    Raises BadInput where the options leave no time at all.
    """
    least = {
        "upgrade_timeout": 1,
        "health_retries": 0,
        "health_delay": 0,
        "health_successes": 1,
        "unanswered_timeout": 0,
    }
    given = {
        "upgrade_timeout": upgrade_timeout,
        "health_retries": health_retries,
        "health_delay": health_delay,
        "health_successes": health_successes,
        "unanswered_timeout": unanswered_timeout,
    }
    for name, value in given.items():
        if value < least[name]:
            raise BadInput(f"rollout_{name} is {value}", advice=f"Give at least {least[name]}.")
    each = max(health_delay, 1)  # a read takes time, too
    own = slow.grace > LONGEST_CALL
    health = (health_retries + health_successes) * each + slow.settling + (0 if own else slow.grace)
    return {
        "upgrade": _long_poll(upgrade_timeout + slow.notice, unanswered_timeout, 1),
        "reported": _long_poll(slow.grace + slow.settling, unanswered_timeout, 1) if own else dict(_NOT_NEEDED),
        "health": {
            **_long_poll(health, unanswered_timeout, health_successes * each),
            "unanswered": unanswered_timeout // each,
        },
        # A module that only reads, or writes what it has just read, waits out throttling by itself.
        "call": {"timeout": max(unanswered_timeout, SHORTEST_CALL)},
        "room": {"retries": max(health_retries, 1) + -(-slow.grace // each), "delay": each},
    }


def describe_waits(
    *, upgrade_timeout: int, health_retries: int, health_delay: int, health_successes: int, slow: Slow, **_more: int
) -> list[str]:
    """For people: how long a batch may take, and why."""
    upgrade, health = upgrade_timeout + slow.notice, (health_retries + health_successes) * max(health_delay, 1)
    why_upgrade = [f"{upgrade_timeout} s by rollout_upgrade_timeout"]
    why_upgrade += [f"{slow.notice} s because the OS image notification is on"] if slow.notice else []
    why_health = [f"{health} s by rollout_health_retries and rollout_health_delay"]
    why_health += [f"{slow.grace} s grace period of the health extension"] if slow.grace else []
    why_health += [f"{slow.settling} s by rollout_health_report_settling"] if slow.settling else []
    return [
        f"each batch may take {upgrade} s to come up ({', '.join(why_upgrade)})",
        f"and then {health + slow.grace + slow.settling} s to become healthy ({', '.join(why_health)})",
    ]


def between_renewals(
    *,
    upgrade_timeout: int,
    health_retries: int,
    health_delay: int,
    health_successes: int,
    warm_up: int,
    sweep_delay: int,
) -> int:
    """The most seconds that the role spends on one batch before it comes to the next renewal of its lease.

    That is room and upgrade, or the gates: warm-up, health and the checks of the site, both again for instances
    that were tried again, and the delay of a sweep. How long tasks of the site take, nobody knows.
    """
    health = (health_retries + health_successes) * max(health_delay, 1)
    room = max(health_retries, 1) * max(health_delay, 1)
    return max(room + upgrade_timeout, warm_up + 4 * health + sweep_delay)


def _long_poll(answered: int, unanswered: int, shortest: int) -> dict[str, int]:
    # Short calls show signs of life, but a streak of good reads must fit into one. `retries: n` makes n + 1 calls;
    # there are at least two, because Ansible does not evaluate `until` where `retries` is 0: it would let anything
    # pass.
    calls = max(-(-answered // max(LONGEST_CALL, shortest)), 2)
    timeout = max(-(-answered // calls), shortest)
    # A wait that keeps its own time may need some calls more: it ends in no row of good reads.
    more = -(-unanswered // timeout) + SPARE_CALLS if unanswered else 0
    return {"timeout": timeout, "retries": calls - 1 + more, "answered": answered}
