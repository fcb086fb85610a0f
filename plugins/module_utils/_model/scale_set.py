# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The model of a scale set, as far as a rollout depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import read_mark
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory, read_history

# The upgrade policy under which instances are upgraded only when a client requests it.
MANUAL = "Manual"
_HEALTH_EXTENSIONS = ("applicationhealthlinux", "applicationhealthwindows")
# PT15M is the only value that the notification takes (documented).
_NOTICE = 900


@dataclass(frozen=True)
class ScaleSet:
    """A scale set's model.

    `health_source` is `application_health_extension`, `load_balancer_probe` or None. By its model, an instance may need
    `health_grace_period` seconds for its first verdict, and hears of an upgrade `os_image_notification` seconds ahead.
    `managed_by` names the service that owns the set (AKS), None for the user's own. `etag` is quoted as Azure sends it,
    None where it sends none.
    `spot`: its instances are Spot ones, which Azure may evict, and delete, at any time.
    `rolled_back_from` is the image that the set was rolled back from by a rollout, None where it was not, and
    `image_history` what else the tags remember of its images.
    `profile` has a fingerprint of each section that instances are made from (`_model/model_fingerprint.py`).
    `os_type` is that of the model, None where it does not report it. `profile_time` is when the model was written, as
    Azure wrote it. `has_profile` is false where a Flexible set was made without a model: its virtual machines have
    nothing in common (recorded). `tags` are anybody's, so they stay out of facts and results.
    """

    id: str
    name: str
    resource_group: str
    location: str
    image: Image
    etag: str | None = None
    capacity: int | None = None
    zones: tuple[str, ...] = ()
    orchestration_mode: str = "Uniform"
    upgrade_policy: str = "Manual"
    automatic_os_upgrade: bool = False
    automatic_repairs: bool = False
    health_source: str | None = None
    health_grace_period: int = 0
    os_image_notification: int = 0
    service_fabric: bool = False
    spot: bool = False
    managed_by: str | None = None
    provisioning_state: str = ""
    rolled_back_from: Image | None = None
    os_type: str | None = None
    profile_time: str | None = None
    has_profile: bool = True
    image_history: ImageHistory = field(default_factory=ImageHistory)
    profile: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def from_wire(cls, body: Mapping[str, Any], *, resource_group: str) -> ScaleSet:
        """From the answer to a GET or PATCH of the set. The group's name is the caller's: ids come in odd cases."""
        properties = body.get("properties") or {}
        policy = properties.get("upgradePolicy") or {}
        profile = properties.get("virtualMachineProfile") or {}
        extensions = _extensions(profile)
        tags = {str(name): str(value) for name, value in (body.get("tags") or {}).items() if value is not None}
        return cls(
            id=str(body.get("id") or ""),
            name=str(body.get("name") or ""),
            resource_group=resource_group,
            location=str(body.get("location") or ""),
            image=Image.from_storage_profile(profile.get("storageProfile") or {}),
            etag=body.get("etag"),
            capacity=(body.get("sku") or {}).get("capacity"),
            zones=tuple(str(zone) for zone in body.get("zones") or []),
            # Sets from before Flexible existed carry no mode; without a policy the mode is Manual (documented default).
            orchestration_mode=properties.get("orchestrationMode") or "Uniform",
            upgrade_policy=policy.get("mode") or "Manual",
            automatic_os_upgrade=bool(
                (policy.get("automaticOSUpgradePolicy") or {}).get("enableAutomaticOSUpgrade", False)
            ),
            automatic_repairs=bool((properties.get("automaticRepairsPolicy") or {}).get("enabled", False)),
            health_source=_health_source(profile, extensions),
            health_grace_period=_grace_period(profile),
            os_image_notification=_os_image_notification(profile),
            service_fabric=any(
                publisher == "microsoft.azure.servicefabric" and kind.startswith("servicefabric")
                for publisher, kind in extensions
            ),
            spot=str(profile.get("priority") or "").lower() == "spot",
            managed_by=_managed_by(body.get("tags") or {}),
            provisioning_state=str(properties.get("provisioningState") or ""),
            rolled_back_from=read_mark(tags),
            os_type=_os_type(profile),
            profile_time=profile.get("timeCreated"),
            has_profile=bool(profile) or str(properties.get("orchestrationMode")).lower() != "flexible",
            image_history=read_history(tags),
            profile=fingerprints(body),
            tags=tags,
        )

    @property
    def manual(self) -> bool:
        """Whether a write of the model moves no instance by itself (upgrade policy Manual, documented)."""
        return self.upgrade_policy.lower() == MANUAL.lower()

    @property
    def flexible(self) -> bool:
        """Flexible sets have no update domains, and their instances are virtual machines of their own."""
        return self.orchestration_mode.lower() == "flexible"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ScaleSet:
        """From what `to_dict` made, for instance out of facts; keys that other code added are passed over."""
        known = {one.name for one in fields(cls)} - {
            "image",
            "zones",
            "rolled_back_from",
            "image_history",
            "profile",
            "tags",
        }
        return cls(
            image=Image.from_dict(data.get("image") or {}),
            zones=tuple(data.get("zones") or ()),
            rolled_back_from=Image.from_dict(data["rolled_back_from"]) if data.get("rolled_back_from") else None,
            image_history=ImageHistory.from_dict(data.get("image_history") or {}),
            profile=dict(data.get("profile") or {}),
            **{name: value for name, value in data.items() if name in known},
        )

    def to_dict(self) -> dict[str, Any]:
        """A plain record for facts and results."""
        record = {
            **asdict(self),
            "image": self.image.to_dict(),
            "zones": list(self.zones),
            "rolled_back_from": self.rolled_back_from.to_dict() if self.rolled_back_from else None,
            "image_history": self.image_history.to_dict(),
        }
        del record["tags"]
        return record


def _extensions(profile: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = (profile.get("extensionProfile") or {}).get("extensions") or []
    each = [extension.get("properties") or {} for extension in found]
    return [(str(one.get("publisher") or "").lower(), str(one.get("type") or "").lower()) for one in each]


def _os_type(profile: Mapping[str, Any]) -> str | None:
    stated = ((profile.get("storageProfile") or {}).get("osDisk") or {}).get("osType")
    system = profile.get("osProfile") or {}
    configured = {"Linux": "linuxConfiguration", "Windows": "windowsConfiguration"}
    return stated or next((name for name, key in configured.items() if system.get(key)), None)


def _health_source(profile: Mapping[str, Any], extensions: list[tuple[str, str]]) -> str | None:
    if any(kind in _HEALTH_EXTENSIONS for _publisher, kind in extensions):
        return "application_health_extension"
    if ((profile.get("networkProfile") or {}).get("healthProbe") or {}).get("id"):
        return "load_balancer_probe"
    return None


def _grace_period(profile: Mapping[str, Any]) -> int:
    """How many seconds a new instance may need for its first verdict, by the settings of the health extension.

    Rich states: its grace period, by default interval times probes; else interval times probes (documented, with the
    defaults 5 and 1).
    """
    for extension in (profile.get("extensionProfile") or {}).get("extensions") or []:
        properties = extension.get("properties") or {}
        if str(properties.get("type") or "").lower() not in _HEALTH_EXTENSIONS:
            continue
        given = properties.get("settings")
        settings = given if isinstance(given, Mapping) else {}
        until_verdict = _seconds(settings.get("intervalInSeconds"), 5, 60) * _seconds(
            settings.get("numberOfProbes"), 1, 24
        )
        rich = str(properties.get("typeHandlerVersion") or "").startswith("2")
        return _seconds(settings.get("gracePeriod"), until_verdict, 14_400) if rich else until_verdict
    return 0


def _os_image_notification(profile: Mapping[str, Any]) -> int:
    """How many seconds ahead an upgrade is announced to the instance at the most: 15 minutes (documented), or none."""
    events = profile.get("scheduledEventsProfile") or {}
    return _NOTICE if (events.get("osImageNotificationProfile") or {}).get("enable") is True else 0


def _seconds(given: object, default: int, most: int) -> int:
    text = str(given)
    return min(int(text), most) if text.isdecimal() and int(text) > 0 else default


def _managed_by(tags: Mapping[str, Any]) -> str | None:
    return "AKS" if any(str(tag).lower().startswith("aks-managed-") for tag in tags) else None
