# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.preflight_wire import (
    ALL_SETTINGS,
    FORBIDDEN,
    GROUP,
    LOCKS,
    PERMISSIONS,
    SETTINGS,
    SUBSCRIPTION,
    get_alerts,
    images,
    read_set,
    scaling,
    surroundings,
    version,
)
from ansible_collections.azroll.vmss.tests.unit.wire import (
    COMPUTE,
    NEW_VERSION,
    OLD_VERSION,
    WEB,
    Exchange,
    error,
    get,
    get_model,
    get_versions,
    model,
    reference,
    vm,
    with_image,
)

MODULE = "vmss_preflight"
KEYS = {
    "changed",
    "msg",
    "error",
    "findings",
    "ready",
    "lines",
    "image",
    "previous_image",
    "write_image",
    "proves_image",
    "by_model",
    "ignore_health_source",
    "check_mode",
    "autoscale",
    "lease",
    "ansible_facts",
}
COMPUTE_GROUP = f"{GROUP}/providers/Microsoft.Compute"


def codes(result: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["severity"] for one in result["findings"]}


def test_nothing_to_say(run: Run) -> None:
    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"})
    assert set(result) == KEYS
    assert (result["findings"], result["lines"], result["ready"], result["changed"]) == ([], [], True, False)
    assert result["image"] == reference(NEW_VERSION)
    assert result["previous_image"] == reference(OLD_VERSION)
    assert result["write_image"]
    assert result["ansible_facts"]["vmss"]["counts"]["stale"] == 5
    assert result["msg"].startswith("web is ready for Canonical:")


def test_findings_are_no_failure_and_all_come_at_once(run: Run) -> None:
    setting, other = scaling("web-cpu", WEB.upper()), scaling("api-cpu", f"{WEB}-api")
    body = model(upgradePolicy={"mode": "Rolling"})
    body["tags"] = {"azroll-run": "theirs", "azroll-holder": "ops@ci#1", "azroll-expires": "2026-11-22T12:00:00Z"}
    instances = [vm(0, state="Failed"), vm(1, protected=True), *[vm(n) for n in range(2, 20)]]
    script = [
        *read_set(*instances, body=body, repairs="Suspended"),
        *images(new=version(NEW_VERSION, imageDeprecationStatus={"imageState": "ScheduledForDeprecation"})),
        *surroundings(
            autoscale=(setting, other), not_actions=("*/manualUpgrade/action",), managedBy="/x/microsoft.Batch/b/y"
        ),
    ]
    result = run(MODULE, script, image={"version": "latest"}, accept=["managed", "upgrade_policy"], run_id="ours")
    assert (result.get("failed", False), result["error"]) == (False, None)
    assert codes(result) == {
        "upgrade_policy": "refusal",
        "lease": "refusal",
        "permission_missing": "needs_acceptance",
        "managed": "needs_acceptance",
        "image_deprecated": "warning",
        "instances_protected": "warning",
        "instances_failed": "warning",
        "autoscale": "warning",
        "repairs_suspended": "warning",
    }
    assert [one["code"] for one in result["findings"] if one["accepted"]] == ["managed"]
    assert not result["ready"]
    first, *stopping = result["msg"].splitlines()
    assert first == "web is not ready for Canonical:ubuntu-24_04-lts:server:24.04.202511100."
    assert stopping == [line for line in result["lines"] if line.startswith(("refusal", "needs acceptance"))]
    assert len(result["lines"]) == len(result["findings"])
    assert result["lease"]["run_id"] == "theirs"
    profiles = [{"name": "all", "minimum": "2", "maximum": "10"}]
    assert result["autoscale"] == [
        {"name": "web-cpu", "resource_group": "rg-shop", "enabled": True, "profiles": profiles}
    ]
    assert [one["instances"] for one in result["findings"] if one["code"] == "instances_protected"] == [["1"]]


def test_what_may_not_be_read_is_a_finding_and_what_is_not_there_is_none(run: Run) -> None:
    around = [
        *[get(path, FORBIDDEN, status=403, api="2022-10-01") for path in (ALL_SETTINGS, f"{GROUP}/{SETTINGS}")],
        get(f"{WEB}/{PERMISSIONS}", FORBIDDEN, status=403, api="2022-04-01"),
        get(f"{WEB}/{LOCKS}", FORBIDDEN, status=403, api="2016-09-01"),
        get(SUBSCRIPTION, FORBIDDEN, status=403, api="2016-06-01"),
        get(GROUP, FORBIDDEN, status=403, api="2021-04-01"),
    ]
    unknown = version(NEW_VERSION, status=403, body=FORBIDDEN)
    script = [*read_set(*[vm(n) for n in range(5)]), *images(new=unknown, old=unknown_old()), *around]
    result = run(MODULE, script, image={"version": "latest"})
    unread = {"autoscale_unreadable": "warning", "permissions_unreadable": "warning", "unreadable": "warning"}
    assert codes(result) == unread
    assert result["ready"]

    nowhere = error("MissingSubscriptionRegistration", "The subscription is not registered.")
    around[:2] = [get(ALL_SETTINGS, nowhere, status=409, api="2022-10-01")]
    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *around]
    assert codes(run(MODULE, script, image={"version": "latest"})) == {"permissions_unreadable": "warning"}


def test_what_makes_azure_refuse_every_write_is_found(run: Run) -> None:
    setting = scaling("web-cpu")
    above, elsewhere = setting["id"].upper(), f"{GROUP}-other"
    around = surroundings(autoscale=(setting,), locks=(GROUP.upper(), above, elsewhere, f"{WEB}/virtualMachines/3"))
    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *around]
    result = run(MODULE, script, image={"version": "latest"}, hold_autoscale=True)
    locked = [one for one in result["findings"] if one["code"] == "locked"]
    assert [(one["severity"], one["message"]) for one in locked] == [
        (
            "refusal",
            "web cannot be written: Azure refuses it because of the ReadOnly lock freeze on resource group RG-SHOP",
        ),
        (
            "refusal",
            "Autoscale setting rg-shop/web-cpu cannot be held: Azure refuses to write it because of the ReadOnly lock "
            "freeze on AUTOSCALESETTINGS WEB-CPU",
        ),
    ]
    assert not result["ready"]

    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *surroundings(state="Disabled")]
    assert codes(run(MODULE, script, image={"version": "latest"})) == {"subscription_disabled": "refusal"}


def test_autoscale_is_looked_for_in_other_groups_too(run: Run) -> None:
    ops = GROUP.replace("rg-shop", "rg-ops")
    there, here = scaling("web-cpu", group=ops), scaling("web-cpu")
    few = get(f"{there['id']}/{PERMISSIONS}", {"value": [{"actions": ["*/read"]}]}, api="2022-04-01")
    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *surroundings(autoscale=(there, here))]
    script = [few if one.path == few.path else one for one in script]
    result = run(MODULE, script, image={"version": "latest"}, hold_autoscale=True)
    assert [one["resource_group"] for one in result["autoscale"]] == ["rg-ops", "rg-shop"]
    (acts,) = [one["message"] for one in result["findings"] if one["code"] == "autoscale"]
    assert acts.endswith("web-cpu (2 to 10 instances) of resource group rg-ops, web-cpu (2 to 10 instances)")
    (missing,) = [one["message"] for one in result["findings"] if one["code"] == "permission_missing"]
    assert "lacks Microsoft.Insights/autoscaleSettings/write on autoscale setting rg-ops/web-cpu" in missing

    # Who may not look at the whole subscription looks at the group of the set.
    around = surroundings(autoscale=(here,))
    around[:1] = [
        get(ALL_SETTINGS, FORBIDDEN, status=403, api="2022-10-01"),
        get(f"{GROUP}/{SETTINGS}", {"value": [here]}, api="2022-10-01"),
    ]
    script = [*read_set(*[vm(n) for n in range(5)]), *images(), *around]
    result = run(MODULE, script, image={"version": "latest"}, hold_autoscale=True)
    assert codes(result) == {"autoscale": "warning"}


def unknown_old() -> Exchange:
    return version(OLD_VERSION, status=403, body=FORBIDDEN)


def test_an_image_that_is_not_there_is_told_beside_the_rest(run: Run) -> None:
    nothing = error("NotFound", "Artifact: VMImage was not found.")
    script = [
        *read_set(*[vm(n) for n in range(2)]),
        get_versions(),
        version("1.0.0", status=404, body=nothing),
        get_versions(),
        version(OLD_VERSION),
        *surroundings(),
    ]
    result = run(MODULE, script, image={"version": "1.0.0"})
    assert codes(result) == {"image_not_found": "refusal", "max_unavailable": "refusal"}
    assert result["image"] == reference("1.0.0")


def test_deprecated_versions_are_told_from_unknown_ones(run: Run) -> None:
    gone = error("ImageVersionDeprecated", "VM Image from publisher: Canonical is deprecated.")
    script = [
        *read_set(*[vm(n) for n in range(5)]),
        get_versions(OLD_VERSION),
        version(NEW_VERSION, status=404, body=gone),
        get_versions("9.9.9"),
        version(OLD_VERSION, status=404, body=gone),
        *surroundings(),
    ]
    result = run(MODULE, script, image={"version": NEW_VERSION}, accept=["rollback_impossible", "image_deprecated"])
    assert codes(result) == {"image_deprecated": "refusal", "rollback_impossible": "needs_acceptance"}
    assert "is deprecated" in result["lines"][0]
    assert not result["ready"]


@pytest.mark.parametrize(("rollback", "ready"), [(False, False), (True, True)])
def test_a_rollback_may_begin_with_more_out_of_service_than_the_budget_allows(
    run: Run, rollback: bool, ready: bool
) -> None:
    failed = [vm(n, state="Failed") if n < 2 else vm(n) for n in range(5)]
    script = [*read_set(*failed), *images(), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"}, max_unavailable="20%", rollback=rollback)
    assert codes(result)["below_minimum"] == "needs_acceptance"
    assert result["ready"] is ready


def test_nothing_to_do_asks_for_no_rollback(run: Run) -> None:
    instances = [vm(n, NEW_VERSION) for n in range(2)]
    script = [*read_set(*instances, body=model(NEW_VERSION)), get_versions(), version(NEW_VERSION), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"})
    assert (result["findings"], result["write_image"]) == ([], False)


def test_by_the_image_alone_instances_behind_the_model_stay_where_they_are(run: Run) -> None:
    instances = [vm(n, NEW_VERSION, latest=False, protected=True) for n in range(2)]
    script = [*read_set(*instances, body=model(NEW_VERSION)), get_versions(), version(NEW_VERSION), *surroundings()]
    result = run(MODULE, list(script), image={"version": NEW_VERSION}, by_model=False)
    assert result["findings"] == []
    assert not any(one["stale"] for one in result["ansible_facts"]["vmss"]["instances"])
    assert codes(run(MODULE, script, image={"version": NEW_VERSION})) == {"instances_protected": "warning"}


def test_what_is_skipped_is_no_part_of_the_rollout(run: Run) -> None:
    tagged = {**vm(4, protected=True), "tags": {"Pinned": "yes"}}
    instances = [vm(0, protected=True), *[vm(n) for n in range(1, 4)], tagged]
    script = [*read_set(*instances), *images(), *surroundings()]
    assert codes(run(MODULE, list(script), image={"version": "latest"})) == {"instances_protected": "warning"}
    skip = {"instance_ids": ["0"], "tags": ["pinned"]}
    assert run(MODULE, script, image={"version": "latest"}, skip=skip)["findings"] == []


def test_wrong_options_fail_before_any_request(run: Run) -> None:
    for options, said in (
        ({"accept": ["everything"]}, "everything"),
        ({"max_unavailable": "many"}, "max_unavailable"),
        ({"run_id": "no id!"}, "run_id"),
        ({"only": {"colour": "red"}}, "colour"),
    ):
        result = run(MODULE, [], image={"version": "latest"}, **options)
        assert (result["failed"], result["error"]["kind"], result["findings"]) == (True, "bad_input", [])
        assert said in result["msg"]


def test_a_set_that_cannot_be_read_fails(run: Run) -> None:
    missing = get_model(error("ResourceNotFound", "The Resource was not found."), status=404)
    result = run(MODULE, [missing], image={"version": "latest"})
    assert (result["failed"], result["error"]["kind"], result["ready"]) == (True, "not_found", False)


def test_images_of_galleries_and_managed_ones_are_looked_at_as_well(run: Run) -> None:
    gallery = f"{COMPUTE_GROUP}/galleries/shop/images/web"
    old, new = f"{gallery}/versions/1.0.0", f"{gallery}/versions/1.1.0"
    managed = f"{COMPUTE_GROUP}/images/plain"
    body = with_image({"imageReference": {"id": old}})
    body["properties"]["virtualMachineProfile"]["securityProfile"] = {"securityType": "TrustedLaunch"}
    instances = [gallery_vm(n, old) for n in range(5)]
    expanded = {"query": {"$expand": "ReplicationStatus"}, "api": "2023-07-03"}
    regions = [{"name": "West Europe"}]
    definition = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V2",
        "features": [{"name": "SecurityType", "value": "TrustedLaunch"}],
    }

    def entry(**profile: Any) -> Any:
        return {"name": "1.1.0", "properties": {"publishingProfile": {"targetRegions": regions, **profile}}}

    kept_out = entry(excludeFromLatest=True, endOfLifeDate="2026-11-01T00:00:00Z")
    present = [get(old, entry(), **expanded)] * 2 + [get(gallery, {"properties": definition}, api="2023-07-03")]
    script = [
        *read_set(*instances, body=body),
        *[get(new, kept_out, **expanded)] * 2,
        get(gallery, {"properties": definition}, api="2023-07-03"),
        *present,
        *surroundings(),
    ]
    result = run(MODULE, script, image={"version": "1.1.0"})
    assert codes(result) == {"image_deprecated": "needs_acceptance", "image_excluded": "warning"}

    disk = {"osType": "Linux", "osState": "Specialized"}
    plain = {"location": "westeurope", "properties": {"hyperVGeneration": "V2", "storageProfile": {"osDisk": disk}}}
    script = [*read_set(*instances, body=body), *[get(managed, plain)] * 2, *present, *surroundings()]
    result = run(MODULE, script, image={"id": managed})
    assert codes(result) == {
        "image_kind_change": "needs_acceptance",
        "image_os_state": "needs_acceptance",
        "image_security_type": "refusal",
    }


def test_images_of_public_galleries_are_looked_at_in_the_region(run: Run) -> None:
    def shared(number: str) -> str:
        return f"/SharedGalleries/shop/Images/web/Versions/{number}"

    instances = []
    for number in range(5):
        one = vm(number)
        one["properties"]["storageProfile"]["imageReference"] = {"sharedGalleryImageId": shared("1.0.0")}
        instances.append(one)
    body = with_image({"imageReference": {"sharedGalleryImageId": shared("1.0.0")}})
    address = f"{COMPUTE}/sharedGalleries/shop/images/web"
    listed = {"value": [{"name": "1.0.0"}, {"name": "1.1.0", "properties": {"excludeFromLatest": True}}]}
    definition = {"properties": {"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2"}}
    one = [*[get(f"{address}/versions", listed, api="2023-07-03")] * 2, get(address, definition, api="2023-07-03")]
    script = [*read_set(*instances, body=body), *one, *one, *surroundings()]
    result = run(MODULE, script, image={"shared_gallery_image_id": shared("1.1.0")})
    assert codes(result) == {"image_excluded": "warning"}


def gallery_vm(number: int, image_id: str) -> dict[str, Any]:
    one = vm(number)
    one["properties"]["storageProfile"]["imageReference"] = {"id": image_id}
    return one


def test_alerts_that_fired_before_are_told_and_stop_nothing(run: Run) -> None:
    old, during = ("disk", "2026-11-22T08:00:00Z"), ("errors", "2026-11-22T09:30:00Z")
    instances = [vm(n) for n in range(5)]
    script = [*read_set(*instances), *images(), get_alerts(old, during), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"}, health_alerts=["scale_set"])
    assert (codes(result), result["ready"]) == ({"alerts_fired": "warning"}, True)
    assert "disk (Sev1) on web" in result["lines"][0]
    assert "errors (Sev1) on web" in result["lines"][0]

    body = model()
    body["tags"] = {
        "azroll-run": "dead",
        "azroll-holder": "ops@ci#1",
        "azroll-since": "2026-11-22T09:00:00Z",
        "azroll-expires": "2026-11-22T10:00:00Z",
    }
    script = [*read_set(*instances, body=body), *images(), get_alerts(old, during), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"}, health_alerts=["scale_set"])
    said = [(one["severity"], one["message"]) for one in result["findings"] if one["code"] == "alerts_fired"]
    assert [severity for severity, _message in said] == ["needs_acceptance", "warning"]
    assert ["errors" in message for _severity, message in said] == [True, False]
    assert not result["ready"]


def test_alerts_that_cannot_be_read_stop_the_rollout_before_it_begins(run: Run) -> None:
    instances = [vm(n) for n in range(5)]
    script = [*read_set(*instances), *images(), get_alerts(status=403, body=FORBIDDEN), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"}, health_alerts=["scale_set"])
    assert codes(result) == {"alerts_unreadable": "refusal"}
    assert "Microsoft.AlertsManagement/alerts/read" in result["msg"]

    gone = get_alerts(status=404, body=error("SubscriptionNotFound", "There is none."))
    script = [*read_set(*instances), *images(), gone, *surroundings()]
    result = run(MODULE, script, image={"version": "latest"}, health_alerts=["scale_set"])
    assert codes(result) == {"alerts_unreadable": "refusal"}
    assert "SubscriptionNotFound" in result["msg"]


def test_a_login_that_is_refused_for_the_scale_set_ends_it(run: Run) -> None:
    script = [get_model(error("InvalidAuthenticationTokenTenant", "Wrong issuer."), status=401)] * 2
    result = run(MODULE, script, image={"version": "latest"})
    assert result["error"]["kind"] == "credentials"
    assert "another tenant" in result["msg"]


def silent(number: int, version: str = OLD_VERSION) -> dict[str, Any]:
    """An instance that has never reported its health."""
    body = vm(number, version)
    del body["properties"]["instanceView"]["vmHealth"]
    return body


def test_a_health_source_that_has_never_reported_is_named_instead_of_an_empty_floor(run: Run) -> None:
    exchanges = [*read_set(silent(0), silent(1), silent(2)), *images(), *surroundings()]
    result = run(MODULE, exchanges, image={"version": NEW_VERSION}, max_unavailable="1")
    assert codes(result)["health_never_reported"] == "needs_acceptance"
    assert not {"below_minimum", "max_unavailable", "health_source_missing"} & set(codes(result))
    assert result["ignore_health_source"] is True
    assert result["ansible_facts"]["vmss"]["counts"]["in_service"] == 3
    assert "rollout_health_url" in result["msg"]
