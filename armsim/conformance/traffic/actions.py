# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Chapters that act: on instances of the set, on one instance, on a virtual machine of a Flexible set."""

from __future__ import annotations

from conformance.traffic.site import Site

_SET_ACTIONS = ("restart", "redeploy", "reimage", "reimageall", "poweroff", "start", "deallocate", "start", "reapply")
_SELF_ACTIONS = ("restart", "redeploy", "reimage", "reimageall", "poweroff", "start", "deallocate", "start")
_MACHINE_ACTIONS = ("restart", "redeploy", "reapply", "powerOff", "start", "deallocate", "start")


def actions(site: Site) -> None:
    """Actions on the set with named instances, read in between."""
    ids = site.ids()
    for number, action in enumerate(_SET_ACTIONS):
        # By the description "reapply" takes no body.
        chosen = {"instanceIds": ids[number % 3 : number % 3 + 2]}
        answer = site.recorder.call("POST", f"{site.set}/{action}", None if action == "reapply" else chosen)
        site.watch(answer)
        site.recorder.get(f"{site.set}/instanceView")
    for action, body in (
        ("performMaintenance", {"instanceIds": ids[:1]}),
        ("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": "Suspend"}),
        ("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": "Resume"}),
        ("convertToSinglePlacementGroup", {}),
        ("approveRollingUpgrade", {"instanceIds": ids[:1]}),
        ("delete", {"instanceIds": ids[-1:]}),
    ):
        answer = site.recorder.call("POST", f"{site.set}/{action}", body)
        site.watch(answer)
    path = f"{site.set}/forceRecoveryServiceFabricPlatformUpdateDomainWalk"
    site.recorder.do("POST", path, query={"platformUpdateDomain": "0"})
    site.read()


def instance_actions(site: Site) -> None:
    """Actions on one instance; protection; deletion."""
    ids = site.ids()
    one, last = (f"{site.set}/virtualMachines/{name}" for name in (ids[0], ids[-1]))
    for action in _SELF_ACTIONS:
        answer = site.recorder.call("POST", f"{one}/{action}")
        site.recorder.get(one, _expand="instanceView")
        site.recorder.finish(answer)
    for action in (
        "performMaintenance",
        "approveRollingUpgrade",
        "retrieveBootDiagnosticsData",
        "simulateEviction",
    ):
        site.recorder.do("POST", f"{one}/{action}")
    site.recorder.do("POST", f"{one}/attachDetachDataDisks", {"dataDisksToDetach": []})
    site.recorder.get(f"{one}/instanceView")
    instance = site.recorder.get(one).json()
    if "location" in instance:
        protection = {"protectFromScaleIn": True, "protectFromScaleSetActions": True}
        body = {"location": instance["location"], "properties": {"protectionPolicy": protection}}
        site.recorder.do("PUT", one, body)
        site.recorder.get(one)
    answer = site.recorder.call("DELETE", last)
    site.watch(answer)
    site.recorder.do("DELETE", last)


def machine_actions(site: Site) -> None:
    """Actions on a virtual machine of a Flexible set."""
    names = site.ids()
    one, last = f"{site.machines}/{names[0]}", f"{site.machines}/{names[-1]}"
    for action in _MACHINE_ACTIONS:
        answer = site.recorder.call("POST", f"{one}/{action}")
        site.recorder.get(one, _expand="instanceView")
        site.recorder.finish(answer)
    site.recorder.do("DELETE", last)
    site.read()
