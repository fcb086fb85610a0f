# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens to the set from outside the service: autoscale, health, other clients."""

from __future__ import annotations

from conformance.traffic.site import Json, Site

# RollingBack came with a later version.
_OF_THE_SET: list[Json] = [
    *({"rolling_upgrade": code} for code in ("RollingForward", "Cancelled", "Completed", "Faulted")),
    *({"repairs": state} for state in ("Suspended", "Running")),
    *({"capacity": change} for change in ("+1", "-1")),
]
_OF_AN_INSTANCE: list[Json] = [
    *({"health": report} for report in ("unhealthy", "unknown", "none", "healthy")),
    *({"protect": protected, "protect_from_scale_in": protected} for protected in (True, False)),
    *({"power": state} for state in ("stopped", "running", "deallocated", "running")),
    {"evict": "Deallocate"},
    {"delete": True},
]


def events(site: Site) -> None:
    """All that others do, each read as soon as it is done."""
    for action in _OF_THE_SET:
        site.simulator.change(**action)
        site.glance()
        site.recorder.get(f"{site.set}/rollingUpgrades/latest")
        site.recorder.get(f"{site.set}/instanceView")
    one = site.ids()[0]
    for action in _OF_AN_INSTANCE:
        site.simulator.change(instances=one, **action)
        site.glance()
        site.recorder.get(f"{site.set}/virtualMachines/{one}", _expand="instanceView")
        site.recorder.get(f"{site.set}/instanceView")
