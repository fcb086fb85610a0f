# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Preflight of a scale set that is fit to be rolled out but for what a case says, and the cases that tests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import Finding
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.run import examine
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, Lease, write_lease
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set

NOW = "2026-11-22T10:15:00+00:00"
EVERYTHING = ({"actions": ["*"], "notActions": []},)
LINUX = ImageDetails("Linux", "Generalized", "V2", "TrustedLaunchSupported")
SCALING = Autoscale.from_wire(
    {
        "name": "web-cpu",
        "id": "/subscriptions/s/resourceGroups/web-rg/providers/Microsoft.Insights/autoscaleSettings/web-cpu",
        "properties": {"enabled": True, "profiles": [{"name": "all", "capacity": {"minimum": "2", "maximum": "10"}}]},
    }
)
FREEZE = Lock("freeze", "ReadOnly", "/subscriptions/s/resourceGroups/rg-shop")


class Case(NamedTuple):
    """What is given, and the one finding that it leads to: `way_out` is a part of its advice."""

    code: str
    severity: str
    way_out: str
    given: Mapping[str, Any]


def order(limit: str = "20%", *, zone: str = "", domain: str = "", **fields: Any) -> Order:
    """A rollout by update domains within these limits."""
    of_zone, of_domain = (Limit.parse(text, "limit") if text else None for text in (zone, domain))
    return Order("update_domain", Budget(Limit.parse(limit, "max_unavailable"), of_zone, of_domain), **fields)


def skipping(*ids: str, limit: str = "20%") -> dict[str, Any]:
    """The intent to leave these instances alone."""
    return {"order": order(limit, marks=Marks(skip_ids=ids))}


def prepared(
    *,
    intent: Mapping[str, Any] | None = None,
    model: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None,
    plan: Mapping[str, Any] | None = None,
    instances: list[Instance] | None = None,
    rolling_upgrade: str | None = None,
    repairs_state: str | None = None,
    now: str | None = NOW,
    **read: Any,
) -> tuple[Inputs, Intent]:
    """What was read of a set of five that is fit to be rolled out, and what is to be done with it.

    `model` are fields of the scale set, `profile` and `plan` parts of its document, `read` further fields of `Inputs`.
    """
    documents = Documents(
        {"properties": {"virtualMachineProfile": profile or {}}, "plan": plan},
        [{"properties": {"instanceView": {"hyperVGeneration": "V2"}}}],
    )
    snapshot = Snapshot(
        scale_set(**(model or {})),
        tuple(five() if instances is None else instances),
        now,
        rolling_upgrade,
        repairs_state,
        documents,
    )
    known = {"target": NEW, "previous": OLD, "target_details": LINUX, "previous_details": LINUX}
    inputs = Inputs(snapshot, **{**known, "permissions": EVERYTHING, **read})
    return inputs, Intent(**{"order": order(), "claim": Claim("mine"), **(intent or {})})


def findings(**given: Any) -> list[Finding]:
    """All that preflight finds, with every file of it, for what `prepared` takes."""
    return examine(*prepared(**given))


def assert_found_alone(case: Case) -> None:
    """Nothing else is made up beside the one finding, and its advice is the right one."""
    found = findings(**case.given)
    assert [(one.code, one.severity) for one in found] == [(case.code, case.severity)]
    assert case.way_out in found[0].advice
    assert found[0].message
    assert not found[0].accepted


def held(**fields: Any) -> dict[str, Any]:
    """A set with the lease of another run, which has not expired."""
    lease = Lease(**{"run_id": "theirs", "expires": "2026-11-22T11:00:00Z", **fields})
    return {"model": {"tags": write_lease({}, lease)}}


def five(**fields: Any) -> list[Instance]:
    """Five instances, the first with these fields."""
    return [instance(0, **fields), *(instance(number) for number in range(1, 5))]


def done(count: int = 5, **fields: Any) -> dict[str, Any]:
    """A set that has the target image in its model and on every instance, all of them with these fields."""
    return {
        "model": {"image": NEW},
        "previous": NEW,
        "instances": [instance(number, image=NEW, **fields) for number in range(count)],
    }


def ten(*unhealthy: int) -> list[Instance]:
    """Even ones in zone 1, odd ones in zone 2, and two of each fault domain, one in each zone."""
    return [
        instance(n, zone=str(n % 2 + 1), fault_domain=n // 2, health="unhealthy" if n in unhealthy else "healthy")
        for n in range(10)
    ]
