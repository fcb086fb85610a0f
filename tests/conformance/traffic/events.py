# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens to the set from outside the service: autoscale, health, other people."""

from __future__ import annotations

from conformance.traffic.site import Site

_HEALTH = ("unhealthy", "unknown", "none", "healthy")
# RollingBack came with a later version.
_ROLLING_UPGRADES = ("RollingForward", "Cancelled", "Completed", "Faulted")


def events(site: Site) -> None:
    """Health reports, protection, records of upgrades that the platform ran, autoscale; each looked at at once."""
    change, first = site.simulator.change, site.ids()[0]
    for health in _HEALTH:
        change(scale_set=site.name, instance=first, health=health)
        site.glance()
        site.recorder.get(f"{site.set}/instanceView")
    for protect in (True, False):
        change(scale_set=site.name, instance=first, protect=protect)
        site.recorder.get(f"{site.set}/virtualMachines/{first}", _expand="instanceView")
    for code in _ROLLING_UPGRADES:
        change(scale_set=site.name, rolling_upgrade=code)
        site.recorder.get(f"{site.set}/rollingUpgrades/latest")
    for repairs in ("Suspended", "Running"):
        change(scale_set=site.name, repairs=repairs)
        site.recorder.get(f"{site.set}/instanceView")
    for more in (1, 0):
        change(scale_set=site.name, capacity=len(site.ids()) + more)
        site.glance()
    change(scale_set=site.name, instance=site.ids()[-1], delete=True)
    site.glance()
