# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What preflight finds before the first write: each finding has a code, a sentence and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed

REFUSAL = "refusal"
NEEDS_ACCEPTANCE = "needs_acceptance"
WARNING = "warning"
SEVERITIES = (REFUSAL, NEEDS_ACCEPTANCE, WARNING)


class Code:
    """What a finding stands for, and how serious it may be."""

    def __init__(self, meaning: str, *severities: str) -> None:
        self.meaning = meaning
        self.severities = severities


# Every code, with what it stands for; the documentation's table is held against this one.
CODES: Mapping[str, Code] = {
    # The scale set
    "service_fabric": Code("The instances are Service Fabric nodes, which only the cluster may upgrade.", REFUSAL),
    "managed": Code("Another service (AKS, Databricks, Batch) owns the scale set.", NEEDS_ACCEPTANCE),
    "profile_missing": Code(
        "The scale set was created without a virtual machine profile: there is no model to roll out.", REFUSAL
    ),
    "upgrade_policy": Code(
        "The upgrade policy is not Manual, so a write of the model restarts instances.", REFUSAL, WARNING
    ),
    "automatic_os_upgrade": Code("Automatic OS upgrades are on.", NEEDS_ACCEPTANCE),
    "rolling_upgrade": Code("A rolling upgrade of Azure's own is running.", REFUSAL),
    "model_limit": Code(
        "The instances refer to ten models, or nearly: Azure allows no more in a Uniform set.",
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "health_source_missing": Code(
        "The scale set has no health source: only the state of its instances can be checked.", NEEDS_ACCEPTANCE
    ),
    "health_never_reported": Code(
        "The scale set has a health source, but no instance has ever reported its health.", NEEDS_ACCEPTANCE
    ),
    "health_source_twice": Code("The scale set has two health sources.", WARNING),
    "scale_set_deleting": Code("The scale set is being deleted.", REFUSAL),
    "locked": Code(
        "A ReadOnly lock on the scale set, resource group, subscription or an autoscale setting forbids writes.",
        REFUSAL,
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "subscription_disabled": Code(
        "The subscription is disabled, or may be soon because a payment is missing.", REFUSAL, WARNING
    ),
    # The image
    "image_not_found": Code("The image, or this version of it, does not exist.", REFUSAL),
    "image_not_replicated": Code("The image is not in the region of the scale set, or not yet.", REFUSAL),
    "image_unreadable": Code(
        "The image cannot be read with these credentials: a permission is missing, or it belongs to another tenant.",
        REFUSAL,
    ),
    "image_deprecated": Code(
        "The publisher has deprecated the image, or has announced when it will.", REFUSAL, NEEDS_ACCEPTANCE, WARNING
    ),
    "image_excluded": Code("The version is excluded from latest.", WARNING),
    "image_kind_change": Code("The image is of another kind than the current one.", NEEDS_ACCEPTANCE),
    "image_os_type": Code("The image has another operating system.", REFUSAL),
    "image_os_state": Code(
        "The image is generalized and the current one specialized, or vice versa.", NEEDS_ACCEPTANCE
    ),
    "image_generation": Code("The image is made for another generation of virtual machines.", NEEDS_ACCEPTANCE),
    "image_security_type": Code(
        "The image does not fit the security type of the scale set.", REFUSAL, NEEDS_ACCEPTANCE
    ),
    "image_disk_size": Code("The OS disk of the scale set is smaller than that of the image.", NEEDS_ACCEPTANCE),
    "image_disk_controller": Code("The image does not support the disk controller of the scale set.", NEEDS_ACCEPTANCE),
    "image_plan": Code("The image has another purchase plan than the scale set.", NEEDS_ACCEPTANCE),
    "image_unproven": Code("An earlier rollout of the image failed, or was rolled back.", WARNING),
    "rollback_image_unknown": Code(
        "It is not certain which image the scale set had before: a rollout that fails is not rolled back.",
        WARNING,
    ),
    "rollback_impossible": Code(
        "The current image no longer exists: instances could not be rolled back to it.", NEEDS_ACCEPTANCE
    ),
    # The instances
    "max_unavailable": Code(
        "The budget allows no instance to be upgraded, or none of a zone or fault domain.", REFUSAL
    ),
    "below_minimum": Code(
        "More instances are out of service than the budget allows, before the rollout has done anything.",
        NEEDS_ACCEPTANCE,
    ),
    "instances_missing": Code(
        "Fewer instances are listed than the capacity requires; the missing ones count as out of service.",
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "quarantine": Code(
        "A quarantine is requested, but no instance that a failed rollout breaks could be quarantined.", WARNING
    ),
    "instances_protected": Code(
        "Instances are protected from scale set actions, for example quarantined, and excluded.", WARNING
    ),
    "instances_deallocated": Code("Instances are deallocated or stopped, and excluded.", WARNING),
    "instances_failed": Code("Instances have failed.", WARNING),
    "instances_in_progress": Code(
        "An operation is in progress on instances; the rollout waits for those that are part of it.",
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "instances_attached": Code(
        "Instances were not created from the model of the scale set, and are excluded.",
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "instances_behind_model": Code(
        "Instances on the image do not follow the latest model, but are not upgraded: only their image counts.",
        WARNING,
    ),
    "instances_own_model": Code(
        "Instances have a model of their own, and may never follow the model of the scale set.", WARNING
    ),
    # Others, and what the principal may do
    "alerts_fired": Code(
        "Alerts of Azure Monitor have fired on resources that the rollout watches.", NEEDS_ACCEPTANCE, WARNING
    ),
    "alerts_unreadable": Code("The alerts that the rollout is to watch cannot be read.", REFUSAL),
    "lease": Code("Another run has the lease of the scale set, or did not release it.", REFUSAL, WARNING),
    "autoscale": Code("Autoscale settings act on the scale set.", WARNING),
    "scaled_by_others": Code(
        "A service other than autoscale scales the set, by its tags (Azure DevOps, a cluster autoscaler).",
        NEEDS_ACCEPTANCE,
        WARNING,
    ),
    "tag_limit": Code(
        "The scale set has too many tags: there is no room for those that the rollout writes.", REFUSAL, WARNING
    ),
    "autoscale_unreadable": Code(
        "It is not known whether autoscale acts on the scale set.", REFUSAL, NEEDS_ACCEPTANCE, WARNING
    ),
    "repairs_running": Code("Automatic repairs stay on during the rollout.", WARNING),
    "repairs_suspended": Code("Automatic repairs are suspended, but no run holds them.", WARNING),
    "permission_missing": Code(
        "The principal has no permission for some actions of the rollout.", NEEDS_ACCEPTANCE, WARNING
    ),
    "unreadable": Code("The preflight cannot read a resource, so nothing is known about it.", WARNING),
    "permissions_unreadable": Code("It is not known which permissions the principal has.", WARNING),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `instances` are the ids concerned.

    A `refusal` stands until its cause is gone, what `needs_acceptance` stands until it is accepted, and a `warning`
    stops nothing.
    """

    code: str
    severity: str
    message: str
    advice: str
    instances: tuple[str, ...] = ()
    accepted: bool = False

    def __post_init__(self) -> None:
        if self.severity not in CODES[self.code].severities:
            raise ValueError(f"{self.code} is never a {self.severity}")

    @property
    def stops(self) -> bool:
        """Whether a rollout must not begin as long as it stands."""
        return self.severity != WARNING and not self.accepted

    def to_dict(self) -> dict[str, Any]:
        """An entry of the result's `findings`."""
        return {**asdict(self), "instances": list(self.instances)}


# A rollback is needed most when the image to leave is gone, or many instances are out of service or missing.
ACCEPTED_FOR_ROLLBACK = frozenset({"rollback_impossible", "below_minimum", "instances_missing"})


def check_codes(accept: Iterable[str]) -> frozenset[str]:
    """The codes that the user accepts. Raises BadInput for one that does not exist."""
    wanted = frozenset(accept)
    unknown = sorted(wanted - set(CODES))
    acceptable = sorted(code for code, one in CODES.items() if NEEDS_ACCEPTANCE in one.severities)
    if unknown:
        raise BadInput(
            f"There is no finding to accept with the code {listed([code[:40] for code in unknown])}",
            advice=f"What may be accepted: {', '.join(acceptable)}.",
        )
    return wanted


def accepted(findings: Iterable[Finding], codes: Iterable[str]) -> list[Finding]:
    """The findings, the most serious first, with those accepted that may be: a refusal cannot be overridden."""
    wanted = set(codes)
    marked = [
        replace(one, accepted=True) if one.severity == NEEDS_ACCEPTANCE and one.code in wanted else one
        for one in findings
    ]
    return sorted(marked, key=lambda one: (not one.stops, SEVERITIES.index(one.severity)))


def ready(findings: Iterable[Finding]) -> bool:
    """Whether nothing stands in the way of a rollout."""
    return not any(one.stops for one in findings)


def describe(findings: Iterable[Finding]) -> list[str]:
    """One line for each finding, for people: how serious, the code, what is the matter and what to do."""
    return [_line(one) for one in findings]


def summarize(name: str, image: str, findings: Iterable[Finding]) -> str:
    """Whether a rollout of `image` may begin: in one sentence, or with a line for each finding that stops it."""
    every = list(findings)
    stopping = [one for one in every if one.stops]
    if stopping:
        return "\n".join([f"{name} is not ready for {image}.", *describe(stopping)])
    warnings, taken = sum(one.severity == WARNING for one in every), sum(one.accepted for one in every)
    notes = [f"{warnings} warning{'' if warnings == 1 else 's'}"] if warnings else []
    notes += [f"{taken} accepted"] if taken else []
    return f"{name} is ready for {image}" + (f" ({', '.join(notes)})." if notes else ".")


def _line(one: Finding) -> str:
    kind = "accepted" if one.accepted else one.severity.replace("_", " ")
    ids = f" ({listed(one.instances)})" if one.instances else ""
    ways = [one.advice]
    if one.severity == NEEDS_ACCEPTANCE and not one.accepted:
        ways.append(f"To go on in spite of it, accept {one.code} in O(accept).")
    if one.severity == REFUSAL:
        ways.append("This cannot be accepted.")
    return " ".join([f"{kind}: {one.code}: {one.message.rstrip('.')}{ids}.", *(way for way in ways if way)])
