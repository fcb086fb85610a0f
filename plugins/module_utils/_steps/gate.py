# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Waits for instances: until no operation runs on them, and until they are healthy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import Probe, step
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import call, wait_for
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew_if_held
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Pause, StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import Gate, State


def wait_idle(state: State, instance_ids: Sequence[str]) -> Steps[None]:
    """Wait until the operations on the instances have ended, with or without success, for the time of an upgrade.

    It does not fail: the next steps read the instances themselves.
    """
    with suppress(StepFailed):
        yield from wait_for(
            state,
            "idle",
            state.waits["upgrade"],
            target_image=state.target or None,
            instance_ids=list(instance_ids),
            operation_id=state.operations,
            # An operation that has just been started may not be visible yet.
            wait_successes=2,
            wait_interval=state.options["poll_interval"],
        )


def pass_gate(state: State, gate: Gate) -> Steps[None]:
    """Wait until the instances of a gate are healthy. Raises StepFailed."""
    asked: Mapping[str, Any] = {
        "target_image": state.target,
        "by_model": state.by_model,
        "instance_ids": gate.instance_ids,
        "unhealthy_before": gate.unhealthy,
        "same_model": gate.same_model,
        "fresher_than": gate.since or None,
        "report_time": state.waits["report_time"],
        "report_settling": state.options["health_report_settling"],
        "wait_interval": state.options["health_delay"],
    }
    reported = state.waits["reported"]
    if reported["retries"]:
        # An instance that is initializing has no verdict during the grace period of its health source. This wait does
        # not fail: the next one decides.
        with suppress(StepFailed):
            yield from wait_for(state, "reported", reported, **asked)
        yield from renew_if_held(state)
    successes = state.options["health_successes"]
    facts = yield from wait_for(state, "healthy", state.waits["health"], **asked, wait_successes=successes)
    state.keep(facts["ansible_facts"]["vmss"])
    gate.probe = {}


def run_checks(state: State) -> Steps[Answer]:
    """The custom health checks that are modules of this collection. Raises StepFailed where one fails."""
    gate, options = _gate(state), state.options
    if options["health_instance_url"]:
        yield from call(
            state,
            "vmss_instance_probe",
            url=options["health_instance_url"],
            status_code=options["health_url_status"],
            instance_ids=gate.instance_ids,
            unhealthy_before=gate.unhealthy,
        )
    if state.alerts:
        fired = yield from call(
            state,
            "vmss_alert_info",
            resources=state.alerts,
            severity=options["health_alert_severity"],
            since=state.preflight["gathered_at"],
        )
        if fired["alerts"]:
            raise StepFailed(str(fired["msg"]))
    return {}


def count_check(state: State, good: bool) -> Steps[bool]:
    """Count a custom health check; whether enough in a row have succeeded. Raises StepFailed when too many have failed.

    A check that Azure throttled or did not answer has neither succeeded nor failed.
    """
    gate, options = _gate(state), state.options
    probe = step(
        Probe(**gate.probe),
        good,
        successes=options["health_successes"],
        retries=options["health_retries"],
        answered=not state.check_error.get("no_answer"),
        most_unanswered=state.waits["health"]["unanswered"],
    )
    gate.probe = asdict(probe)
    if probe.exhausted:
        unanswered = f"; Azure did not answer {probe.unanswered} of them" if probe.unanswered else ""
        raise StepFailed(
            f"{probe.attempts + probe.unanswered} custom health checks ran, and never enough of them succeeded in "
            f"a row (rollout_health_successes={options['health_successes']}){unanswered}. The last one reported: "
            f"{state.check_said}",
            kind="custom_checks",
        )
    if not probe.done:
        yield Pause(options["health_delay"])
    return probe.done


def _gate(state: State) -> Gate:
    if state.gate is None:
        raise StepFailed("There is no health gate in progress.")
    return state.gate
