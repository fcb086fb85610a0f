# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Autoscale of Azure Monitor: the settings of scale sets, and what autoscale does to a capacity within them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from armsim import scenario
from armsim.actions.model_write import resize
from armsim.common.clock import Timeline
from armsim.common.wire import Json
from armsim.protocol.errors import ArmError, bad_request
from armsim.scale_sets.scale_set import ScaleSet

TYPE = "Microsoft.Insights/autoscaleSettings"
# Autoscale reads its settings about so often, in simulated seconds (documented: every 30 to 60 seconds).
CHECK_INTERVAL = 60.0
# Profiles of a setting (documented).
MAX_PROFILES = 20
_NUMBER = re.compile("[0-9]{1,9}")
_CAPACITY = ("minimum", "maximum", "default")
_QUIET: Json = {
    "sendToSubscriptionAdministrator": False,
    "sendToSubscriptionCoAdministrators": False,
    "customEmails": [],
}


class AutoscaleSettings:
    """All autoscale settings of the subscription; each is kept as it is answered."""

    def __init__(self, timeline: Timeline, subscription: str, scale_sets: Callable[[], list[ScaleSet]]) -> None:
        self._timeline = timeline
        self._subscription = subscription
        self._scale_sets = scale_sets
        self._settings: dict[tuple[str, str], Json] = {}
        # For how long reads lag behind writes, by the id of the scale set; and what they show until when.
        self._lags: dict[str, float] = {}
        self._earlier: dict[tuple[str, str], tuple[Json, float]] = {}

    def enter(self, spec: scenario.ScaleSet, target: ScaleSet) -> None:
        """The setting that a scenario gives a scale set."""
        given = spec.autoscale
        if given is None:
            return
        self._lags[target.id.lower()] = given.lag
        profiles = [_profile("default", given), *(_profile(item.name, item) for item in given.profiles)]
        properties = {"profiles": profiles, "enabled": given.enabled, "targetResourceUri": target.id}
        body = {"location": target.location, "properties": properties}
        self.write(given.resource_group or target.resource_group, given.name or f"{target.name}-autoscale", body)

    def told(self, group: str | None = None) -> list[Json]:
        """All settings, or those of one resource group, as reads show them."""
        return [self._shown(*key) for key in self._settings if group is None or key[0] == group.lower()]

    def switches(self, target: ScaleSet) -> dict[str, bool]:
        """Whether each setting of a scale set is enabled, by name."""
        return {
            setting["name"]: bool(setting["properties"]["enabled"])
            for setting in self._settings.values()
            if setting["properties"]["targetResourceUri"].lower() == target.id.lower()
        }

    def find(self, group: str, name: str) -> Json | None:
        """The setting as it is."""
        return self._settings.get((group.lower(), name.lower()))

    def read(self, group: str, name: str) -> Json | None:
        """The setting as reads show it: for a while as it was before the last write (recorded: after two seconds)."""
        return None if self.find(group, name) is None else self._shown(group.lower(), name.lower())

    def write(self, group: str, name: str, body: object) -> tuple[Json, bool]:
        """PUT: the setting as it is from now on, and whether it is new. Raises 400 for one that is not whole."""
        checked = _checked(body)
        if not isinstance(checked.get("location"), str):
            raise bad_request("The 'location' of the autoscale setting is missing.")
        before = self.find(group, name)
        if before is not None:
            group, name = before["id"].split("/")[4], before["name"]
        setting = {
            "id": f"/subscriptions/{self._subscription}/resourceGroups/{group}"
            f"/providers/microsoft.insights/autoscalesettings/{name}",
            "name": name,
            "type": TYPE,
            "location": checked["location"],
            "tags": checked.get("tags") or {},
            "properties": _completed(name, checked["properties"]),
        }
        key = (group.lower(), name.lower())
        if before is not None:
            lag = self._lags.get(setting["properties"]["targetResourceUri"].lower(), 0.0)
            self._earlier[key] = (self._shown(*key), self._timeline.now + lag)
        self._settings[key] = setting
        self._timeline.after(CHECK_INTERVAL, lambda: self._check(group, name))
        return setting, before is None

    def patch(self, setting: Json, body: object) -> Json:
        """PATCH: what is given replaces what is there; properties must name the profiles, as their schema requires."""
        if not isinstance(body, dict):
            raise bad_request("The body of the patch is not an object.")
        given: Json = body
        kept = {**setting, **{name: given[name] for name in ("tags", "properties") if given.get(name) is not None}}
        if isinstance(given.get("properties"), dict):
            if not given["properties"].get("profiles"):
                raise bad_request("The 'profiles' of the autoscale setting are missing.")
            kept["properties"] = {**setting["properties"], **given["properties"]}
        return self.write(setting["id"].split("/")[4], setting["name"], kept)[0]

    def remove(self, group: str, name: str) -> bool:
        """DELETE: whether there was such a setting."""
        self._earlier.pop((group.lower(), name.lower()), None)
        return self._settings.pop((group.lower(), name.lower()), None) is not None

    def scale(self, scale_set: ScaleSet, wanted: int) -> None:
        """Change the capacity as far as the setting allows; 409 gives the reason why autoscale does nothing."""
        setting = self._of(scale_set)
        if setting is None:
            raise _idle(f"there is no autoscale setting for {scale_set.name}")
        if not setting["properties"]["enabled"]:
            raise _idle(f"{setting['name']} is disabled")
        least, most = _limits(setting)
        capacity = max(least, min(most, wanted))
        if capacity == scale_set.capacity != wanted:
            raise _idle(f"{setting['name']} keeps the capacity within {least} and {most}")
        if capacity != scale_set.capacity:
            resize(scale_set, capacity)

    def _shown(self, group: str, name: str) -> Json:
        setting = self._settings[group, name]
        earlier, until = self._earlier.get((group, name), (setting, 0.0))
        return earlier if self._timeline.now < until else setting

    def _of(self, scale_set: ScaleSet) -> Json | None:
        target = scale_set.id.lower()
        mine = (item for item in self._settings.values() if item["properties"]["targetResourceUri"].lower() == target)
        return next(mine, None)

    def _check(self, group: str, name: str) -> None:
        """A capacity out of the limits is brought back within (documented), if the setting is still there."""
        setting = self.find(group, name)
        if setting is None or not setting["properties"]["enabled"]:
            return
        least, most = _limits(setting)
        for scale_set in self._scale_sets():
            concerned = self._of(scale_set) is setting and scale_set.deletion is None
            if concerned and not least <= scale_set.capacity <= most:
                # What the set refuses is a failed scale action, which no client requested.
                with suppress(ArmError):
                    resize(scale_set, max(least, min(most, scale_set.capacity)))


def _idle(reason: str) -> ArmError:
    return ArmError(409, "AutoscaleDoesNothing", f"{reason}.")


def _limits(setting: Json) -> tuple[int, int]:
    """Minimum and maximum of the profile in force: the first one without a time of its own, else the first."""
    profiles: list[Json] = setting["properties"]["profiles"]
    usual = (item for item in profiles if not item.get("recurrence") and not item.get("fixedDate"))
    capacity = next(usual, profiles[0])["capacity"]
    return int(capacity["minimum"]), int(capacity["maximum"])


def _profile(name: str, limits: scenario.AutoscaleLimits) -> Json:
    default = limits.min if limits.default is None else limits.default
    capacity = {"minimum": str(limits.min), "maximum": str(limits.max), "default": str(default)}
    profile: Json = {"name": name, "capacity": capacity, "rules": []}
    if isinstance(limits, scenario.AutoscaleProfile):
        schedule = {"timeZone": "UTC", "days": list(limits.days), "hours": [limits.hour], "minutes": [0]}
        profile["recurrence"] = {"frequency": "Week", "schedule": schedule}
    return profile


def _completed(name: str, given: Json) -> Json:
    """The properties as the service returns them: what is left out is filled in, capacities are texts (recorded)."""
    notifications = [_notification(item) for item in given.get("notifications") or [] if isinstance(item, dict)]
    predictive = {"scaleMode": "Disabled", "scaleLookAheadTime": None, **(given.get("predictiveAutoscalePolicy") or {})}
    return {
        "profiles": [{**item, "rules": item.get("rules") or []} for item in given["profiles"]],
        # Documented: the default is false.
        "enabled": bool(given.get("enabled", False)),
        "name": name,
        "targetResourceUri": given["targetResourceUri"],
        "notifications": notifications,
        "predictiveAutoscalePolicy": predictive,
    }


def _notification(given: Json) -> Json:
    email = given.get("email")
    email = {**_QUIET, **(email if isinstance(email, dict) else {})}
    return {"operation": "Scale", "email": email, "webhooks": given.get("webhooks") or []}


def _checked(body: object) -> Json:
    """A copy of a whole setting; 400 names what is wrong (codes and texts are guessed)."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(properties, dict):
        raise bad_request("The 'properties' of the autoscale setting are missing.")
    if not isinstance(body.get("tags"), dict | None):
        raise bad_request("The 'tags' of the autoscale setting are not an object.")
    if not isinstance(properties.get("targetResourceUri"), str):
        raise bad_request("The 'targetResourceUri' of the autoscale setting is missing.")
    if not isinstance(properties.get("enabled"), bool | None):
        raise bad_request("The 'enabled' of the autoscale setting is not a boolean.")
    profiles = properties.get("profiles")
    if not isinstance(profiles, list) or not 1 <= len(profiles) <= MAX_PROFILES:
        raise bad_request(f"An autoscale setting has between 1 and {MAX_PROFILES} 'profiles'.")
    for profile in profiles:
        _check_profile(profile)
    for name, kind in (("notifications", list), ("predictiveAutoscalePolicy", dict)):
        if not isinstance(properties.get(name), kind | None):
            raise bad_request(f"The '{name}' of the autoscale setting has the wrong type.")
    return copy.deepcopy(body)


def _check_profile(profile: Any) -> None:
    capacity = profile.get("capacity") if isinstance(profile, dict) else None
    if not isinstance(capacity, dict):
        raise bad_request("A profile of the autoscale setting has no 'capacity'.")
    for name in _CAPACITY:
        if not (isinstance(capacity.get(name), str) and _NUMBER.fullmatch(capacity[name])):
            raise bad_request(f"The '{name}' of a profile's capacity is not the text of a number.")
    least, most, default = (int(capacity[name]) for name in _CAPACITY)
    if not least <= default <= most:
        raise bad_request(f"The capacity of a profile does not have minimum <= default <= maximum: {capacity}.")
