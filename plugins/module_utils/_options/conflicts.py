# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Options that are right one by one and contradict each other, of the modules and of the role.

An option that only has no effect beside another one is no contradiction: it is documented. What the role
refuses is refused on the way forward, unless it holds both ways: the rollback is open with the variables of the way
forward.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import between_renewals


@dataclass(frozen=True)
class Contradiction:
    """`found` gets the values of `options`, in this order, and returns whether they contradict each other."""

    options: tuple[str, ...]
    found: Callable[..., bool]
    message: str
    advice: str


def _nothing_left(only: Any, skip: Any) -> bool:
    ids = _texts(only, "instance_ids")
    return bool(ids) and ids <= _texts(skip, "instance_ids")


def _never_enough_looks(successes: int, interval: int, timeout: int) -> bool:
    # One read at once, then one after each interval, the last one at the end of the time.
    return interval > 0 and successes > -(-timeout // interval) + 1


def _too_short(
    minutes: int, upgrade: int, retries: int, delay: int, successes: int, warm_up: int, sweep_delay: int
) -> bool:
    """For the sum of the waits; each that is too long alone is a contradiction of its own."""
    whole = between_renewals(
        upgrade_timeout=upgrade,
        health_retries=retries,
        health_delay=delay,
        health_successes=successes,
        warm_up=warm_up,
        sweep_delay=sweep_delay,
    )
    return 2 * max(upgrade, warm_up, sweep_delay) <= minutes * 60 < 2 * whole


OF_MODULES = (
    Contradiction(
        ("operation_id", "wait_for"),
        lambda operation, wait_for: bool(operation) and wait_for not in ("upgraded", "idle"),
        "operation_id is given, but wait_for is neither upgraded nor idle: the operation would not be looked at",
        "Set wait_for: upgraded, or leave operation_id out.",
    ),
    Contradiction(
        ("sent_at", "wait_for"),
        lambda sent_at, wait_for: bool(sent_at) and wait_for != "upgraded",
        "sent_at is given, but wait_for is not upgraded: nothing would be held against that time",
        "Set wait_for: upgraded, or leave sent_at out.",
    ),
    Contradiction(
        ("fresher_than", "wait_for"),
        lambda since, wait_for: bool(since) and wait_for not in ("healthy", "reported"),
        "fresher_than is given, but wait_for is neither healthy nor reported, so that no report of health would be "
        "held against it",
        "Set wait_for: healthy, or leave fresher_than out.",
    ),
    Contradiction(
        ("same_model", "wait_for"),
        lambda same_model, wait_for: same_model and wait_for is None,
        "same_model is to end a wait, but wait_for names nothing to wait for",
        "Set wait_for, or leave same_model out.",
    ),
    Contradiction(
        ("same_model", "target_image"),
        lambda same_model, target: same_model and not target,
        "same_model holds the model against target_image, which is not given: the model would always be right",
        "Give the image as target_image, or leave same_model out.",
    ),
    Contradiction(
        ("wait_successes", "wait_interval", "wait_timeout"),
        _never_enough_looks,
        "wait_successes good reads, wait_interval seconds apart, do not fit into wait_timeout",
        "Give a longer wait_timeout, a shorter wait_interval or fewer wait_successes.",
    ),
    Contradiction(
        ("skip_tags", "busy_tags"),
        lambda skip, busy: bool(_texts(skip) & _texts(busy)),
        "skip_tags and busy_tags name the same tag: one leaves its instances alone for good, the other for the moment",
        "Keep it in one of them.",
    ),
    Contradiction(
        ("only", "skip"),
        _nothing_left,
        "skip leaves out every instance that only.instance_ids confines the rollout to",
        "Take out of skip.instance_ids what shall be moved.",
    ),
    Contradiction(
        ("scale_in", "scale_set_actions"),
        lambda scale_in, actions: scale_in is None and actions is None,
        "scale_in and scale_set_actions are both empty, so that no protection would change",
        "Give one of them, or both.",
    ),
    *(
        Contradiction(
            (name, "state"),
            lambda wanted, state: wanted in (True, "set_manual") and state == "released",
            f"{name}: {value} asks to hold, but state: released releases all that is held",
            f"Leave {name} out, or set state: held.",
        )
        for name, value in {"repairs": "true", "autoscale": "true", "upgrade_policy": "set_manual"}.items()
    ),
    Contradiction(
        ("take_over", "minutes", "state"),
        lambda take_over, minutes, state: take_over and not minutes and state == "held",
        "take_over: true takes the lease of another run, but with minutes: 0 no lease is taken",
        "Give minutes, or leave take_over out.",
    ),
)
OF_THE_ROLE = (
    Contradiction(
        ("rollout_lease_take_over", "rollout_lease"),
        lambda take_over, minutes: _true(take_over) and int(minutes) == 0,
        "rollout_lease_take_over takes the lease of another run, but with rollout_lease: 0 no lease is taken",
        "Give rollout_lease in minutes, or leave rollout_lease_take_over out.",
    ),
    Contradiction(
        ("rollout_only", "rollout_skip"),
        _nothing_left,
        "rollout_skip leaves out every instance that rollout_only.instance_ids confines the rollout to",
        "Take out of rollout_skip.instance_ids what shall be moved.",
    ),
    Contradiction(
        ("rollout_skip", "rollout_busy_tags"),
        lambda skip, busy: bool(_texts(skip, "tags") & _texts(busy)),
        "rollout_skip.tags and rollout_busy_tags name the same tag: one leaves its instances alone for good, the other "
        "for the moment",
        "Keep it in one of them.",
    ),
)
OF_THE_WAY_FORWARD = (
    Contradiction(
        ("rollout_domain_order", "rollout_by"),
        lambda domains, by: bool(domains) and by in ("zone", "batch"),
        "rollout_domain_order gives an order of domains, but rollout_by makes the batches of none",
        "Set rollout_by to update_domain or fault_domain, or give rollout_zone_order instead.",
    ),
    Contradiction(
        ("rollout_checkpoint", "rollout_canary", "rollout_batches"),
        lambda checkpoint, canary, sizes: checkpoint == "canary" and int(canary) == 0 and not sizes,
        "rollout_checkpoint: canary waits for an operator after the canary, but with rollout_canary: 0 there is none",
        "Give rollout_canary or rollout_batches, or set rollout_checkpoint to batch or never.",
    ),
    Contradiction(
        ("rollout_quarantine", "rollout_max_unavailable"),
        lambda most, limit: int(most) > 0 and str(limit).strip() == "1",
        "rollout_quarantine keeps instances out of service, but with rollout_max_unavailable: 1 none could be upgraded "
        "beside them",
        "Give 2 or more as rollout_max_unavailable, or 0 as rollout_quarantine.",
    ),
    *(
        Contradiction(
            (name, "rollout_lease"),
            # A lease is renewed before each of these waits when less than half of its time is left.
            lambda seconds, minutes: 0 < int(minutes) * 60 < 2 * int(seconds),
            f"{name} is longer than half of rollout_lease, so that the lease may end meanwhile and any run may take it",
            f"Give a longer rollout_lease, in minutes, or a shorter {name}, in seconds.",
        )
        for name in (
            "rollout_upgrade_timeout",
            "rollout_warm_up",
            "rollout_soak",
            "rollout_bake",
            "rollout_sweep_delay",
        )
    ),
    Contradiction(
        (
            "rollout_lease",
            "rollout_upgrade_timeout",
            "rollout_health_retries",
            "rollout_health_delay",
            "rollout_health_successes",
            "rollout_warm_up",
            "rollout_sweep_delay",
        ),
        lambda minutes, *seconds: _too_short(int(minutes), *map(int, seconds)),
        "rollout_lease is shorter than twice what one batch may take between two renewals, so that it may end "
        "meanwhile and any run may take it: room and upgrade (rollout_upgrade_timeout), or the gates "
        "(rollout_warm_up, rollout_health_retries with rollout_health_delay, twice for what is tried again, "
        "rollout_sweep_delay)",
        "Give a longer rollout_lease, in minutes, or shorter waits, in seconds.",
    ),
)


def check_combinations(options: Mapping[str, Any]) -> None:
    """Raise BadInput for the first options of a module that contradict each other, whatever module it is."""
    for one in contradictions(OF_MODULES, options):
        raise BadInput(one.message, advice=one.advice)


def contradictions(
    rules: Collection[Contradiction], options: Mapping[str, Any], wrong: Collection[str] = ()
) -> Iterator[Contradiction]:
    """Those that the options show. What is not in `options`, or `wrong` by itself, is not checked."""
    for one in rules:
        known = all(name in options and name not in wrong for name in one.options)
        if known and one.found(*(options[name] for name in one.options)):
            yield one


def _true(value: Any) -> bool:
    """As Ansible reads it: variables from a command line are texts."""
    return str(value).strip().lower() in ("true", "yes", "on", "y", "t", "1", "1.0")


def _texts(value: Any, field: str = "") -> set[str]:
    """The texts of a list, or of the list in a field of a dictionary, in the way that Azure compares names."""
    if field:
        value = value.get(field) if isinstance(value, Mapping) else None
    if value is None:
        return set()
    return {str(one).lower() for one in (value if isinstance(value, (list, tuple)) else [value])}
