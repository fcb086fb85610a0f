# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    COMPUTE,
    NEW_VERSION,
    OLD_VERSION,
    WEB,
    Clock,
    error,
    get,
    get_model,
    get_rolling,
    get_versions,
    model,
    patch_model,
    poll,
    reference,
    with_image,
)

MODULE = "vmss_image_update"
KEYS = {"changed", "msg", "error", "image", "previous_image", "etag", "upgrade_policy", "diff"}
OLD = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": OLD_VERSION}
NEW = {**OLD, "version": NEW_VERSION}
IMAGE_PATCH = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference(NEW_VERSION)}}}}


def settled(after: dict[str, Any] | None = None) -> list[Any]:
    """The end of a write: the SDK reads the model when the operation has succeeded, and the module again."""
    return [poll(), get_model(after), get_model(after)]


def write(**more: Any) -> list[Any]:
    """The exchanges of an undisturbed write."""
    return [get_rolling(), patch_model(IMAGE_PATCH, **more), *settled(model(NEW_VERSION, etag='"2"'))]


def test_unchanged(run: Run) -> None:
    result = run(MODULE, [get_model(), get_versions()], image={"version": OLD_VERSION})
    assert not result["changed"]
    assert result["msg"].endswith("already.")
    assert result["image"] == result["previous_image"] == OLD
    assert result["diff"]["before"] == result["diff"]["after"]


def test_latest_is_written_as_its_number_under_the_etag_that_was_read(run: Run) -> None:
    result = run(
        MODULE, [get_model(), get_versions("9.9.9", "10.0.0", NEW_VERSION), *write()], image={"version": "latest"}
    )
    assert set(result) == KEYS
    assert result["changed"]
    assert (result["image"], result["previous_image"], result["etag"]) == (NEW, OLD, '"2"')
    assert result["diff"] == {
        "before": {"image": OLD, "upgrade_policy": "Manual"},
        "after": {"image": NEW, "upgrade_policy": "Manual"},
    }


def test_check_mode_only_reads_and_foretells_the_same(run: Run) -> None:
    script = [get_model(), get_versions(), get_rolling()]
    result = run(MODULE, script, image={"version": "latest"}, check_mode=True)
    assert result["changed"]
    assert result["image"] == NEW
    assert result["diff"]["after"]["image"] == NEW
    assert "would become" in result["msg"]


def test_latest_stays_latest_when_it_is_not_to_be_pinned(run: Run) -> None:
    sends = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference("latest")}}}}
    script = [get_model(), get_versions(), get_rolling(), patch_model(sends), *settled(model("latest"))]
    assert run(MODULE, script, image={"version": "latest"}, pin_latest=False)["image"]["version"] == "latest"


def test_a_floating_model_is_pinned_to_the_number(run: Run) -> None:
    script = [get_model(model("latest")), get_versions(), *write()]
    result = run(MODULE, script, image={"version": "latest"})
    assert result["changed"]
    assert result["previous_image"]["version"] == "latest"


def test_set_manual_goes_in_the_same_request(run: Run) -> None:
    before = model(upgradePolicy={"mode": "Automatic"})
    sends = {"properties": {**IMAGE_PATCH["properties"], "upgradePolicy": {"mode": "Manual"}}}
    script = [
        get_model(before),
        get_versions(),
        get_rolling(),
        patch_model(sends),
        *settled(model(NEW_VERSION)),
    ]
    result = run(MODULE, script, image={"version": "latest"}, upgrade_policy="set_manual")
    assert result["upgrade_policy"] == "Manual"
    assert result["diff"]["before"]["upgrade_policy"] == "Automatic"


def test_set_manual_alone_writes_only_the_policy(run: Run) -> None:
    before = model(upgradePolicy={"mode": "Rolling"})
    sends = {"properties": {"upgradePolicy": {"mode": "Manual"}}}
    script = [get_model(before), get_versions(), get_rolling(), patch_model(sends), *settled()]
    result = run(MODULE, script, image={"version": OLD_VERSION}, upgrade_policy="set_manual")
    assert result["changed"]
    assert result["image"] == OLD


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"upgradePolicy": {"mode": "Automatic"}}, "upgrade_policy"),
        (
            {"upgradePolicy": {"mode": "Manual", "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}}},
            "automatic_os_upgrade",
        ),
    ],
)
def test_guards_refuse_before_anything_is_written(run: Run, properties: dict[str, Any], kind: str) -> None:
    result = run(MODULE, [get_model(model(**properties)), get_versions(), get_rolling()], image={"version": "latest"})
    assert result["failed"]
    assert result["error"]["kind"] == kind
    assert not result["changed"]
    assert result["previous_image"] == OLD


def test_a_running_rolling_upgrade_is_refused(run: Run) -> None:
    rolling = get_rolling(200, {"properties": {"runningStatus": {"code": "RollingForward"}}})
    result = run(MODULE, [get_model(), get_versions(), rolling], image={"version": "latest"})
    assert result["error"]["kind"] == "rolling_upgrade"


def test_service_fabric_is_refused_at_once(run: Run) -> None:
    body = model()
    body["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = [
        {"properties": {"publisher": "Microsoft.Azure.ServiceFabric", "type": "ServiceFabricLinuxNode"}}
    ]
    assert run(MODULE, [get_model(body)], image={"version": "latest"})["error"]["kind"] == "service_fabric"


@pytest.mark.parametrize("kind", ["shared", "community"])
def test_shared_and_community_galleries_are_asked_by_region(run: Run, kind: str) -> None:
    stem = "SharedGalleries" if kind == "shared" else "CommunityGalleries"
    key = f"{kind}GalleryImageId"
    path = f"{COMPUTE}/{kind}Galleries/shop-1/images/web/versions"
    entries = {
        "value": [{"name": "1.0.0"}, {"name": "1.2.0"}, {"name": "2.0.0", "properties": {"excludeFromLatest": True}}]
    }
    target = {"imageReference": {key: f"/{stem}/shop-1/Images/web/versions/1.2.0"}}
    script = [
        get_model(with_image({"imageReference": {key: f"/{stem}/shop-1/Images/web/Versions/1.0.0"}})),
        get(path, entries, api="2023-07-03"),
        get_rolling(),
        patch_model({"properties": {"virtualMachineProfile": {"storageProfile": target}}}),
        *settled(with_image(target)),
    ]
    assert run(MODULE, script, image={"version": "latest"})["changed"]


def test_a_vhd_is_written_as_the_image_of_the_os_disk(run: Run) -> None:
    uri = "https://shop.blob.core.windows.net/vhds/web-2.vhd"
    before = with_image({"osDisk": {"image": {"uri": uri.replace("2", "1")}}})
    sends = {"properties": {"virtualMachineProfile": {"storageProfile": {"osDisk": {"image": {"uri": uri}}}}}}
    after = with_image({"osDisk": {"image": {"uri": uri}}})
    script = [get_model(before), get_rolling(), patch_model(sends), *settled(after)]
    assert run(MODULE, script, image={"uri": uri})["image"] == {"uri": uri}


def test_a_vhd_needs_an_https_address(run: Run) -> None:
    result = run(MODULE, [], image={"uri": "http://shop/vhds/web.vhd"})
    assert result["error"]["kind"] == "bad_input"


def test_another_kind_of_image_is_refused_and_with_the_override_left_to_azure(run: Run) -> None:
    path = f"{WEB.rsplit('/', 2)[0]}/images/golden"
    image = get(path, {"name": "golden", "location": "westeurope"})
    result = run(MODULE, [get_model(), image, get_rolling()], image={"id": path})
    assert result["error"]["kind"] == "image_kind_change"

    cleared = {"id": path, "publisher": None, "offer": None, "sku": None, "version": None}
    sends = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": cleared}}}}
    said = "The Image type for a Virtual Machine Scale Set may not be changed."
    refused = patch_model(sends, error("OperationNotAllowed", said), status=409, headers={})
    script = [get_model(), image, get_rolling(), refused]
    result = run(MODULE, script, image={"id": path}, allow_image_kind_change=True)
    assert result["error"]["kind"] == "image_change_refused"
    assert said in result["msg"]
    assert not result["changed"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            409,
            error("PropertyChangeNotAllowed", "Changing property is not allowed.", target="imageReference.sku"),
            "image_change_refused",
        ),
        (
            409,
            error("OperationNotAllowed", "web has reached its limit of 10 models that may be referenced by VMs."),
            "model_limit",
        ),
        (404, error("PlatformImageNotFound", "The platform image is not available."), "image_not_found"),
        (400, error("InvalidParameter", "no such image", target="imageReference.publisher"), "image_not_found"),
        (409, error("Conflict", "The request failed due to conflict with a concurrent request."), "conflict"),
        (
            403,
            error(
                "AuthorizationFailed",
                "The client 'c' with object id 'o' does not have authorization to perform action "
                "'Microsoft.Compute/virtualMachineScaleSets/write' over scope '/subscriptions/s'.",
            ),
            "forbidden",
        ),
    ],
)
def test_refusals_of_the_write(run: Run, status: int, body: dict[str, Any], kind: str) -> None:
    refused = patch_model(IMAGE_PATCH, body, status=status, headers={})
    result = run(MODULE, [get_model(), get_versions(), get_rolling(), refused], image={"version": "latest"})
    assert result["failed"]
    assert set(result) == {*KEYS, "failed"}
    assert not result["changed"]
    assert result["error"]["kind"] == kind
    assert result["error"]["advice"]
    assert result["error"]["arm"]["request_id"] == "r-1"
    if kind == "forbidden":
        assert "Microsoft.Compute/virtualMachineScaleSets/write on /subscriptions/s" in result["msg"]


STALE = patch_model(IMAGE_PATCH, error("PreconditionFailed", "Etag does not match"), status=412, headers={})


LOST = patch_model(IMAGE_PATCH, raises=requests.exceptions.ReadTimeout("Read timed out."))


def test_a_write_without_an_answer_that_was_received_is_not_made_again(run: Run) -> None:
    after = model(NEW_VERSION, etag='"2"')
    script = [get_model(), get_versions(), get_rolling(), LOST, get_model(after), get_model(after)]
    result = run(MODULE, script, image={"version": "latest"})
    assert (result["changed"], result["etag"], result["previous_image"]) == (True, '"2"', reference(OLD_VERSION))


def test_a_write_that_was_never_received_is_decided_anew(run: Run) -> None:
    script = [get_model(), get_versions(), get_rolling(), LOST, get_model(), get_rolling()]
    script += [patch_model(IMAGE_PATCH), *settled(model(NEW_VERSION))]
    assert run(MODULE, script, image={"version": "latest"})["changed"]

    other = model("24.04.1", etag='"2"')
    script = [get_model(), get_versions(), get_rolling(), LOST, get_model(other)]
    result = run(MODULE, script, image={"version": "latest"})
    assert result["error"]["kind"] == "conflict"
    assert result["changed"], "the write may have been received before the other one"


def test_another_write_of_the_same_image_is_fine(run: Run) -> None:
    after = model(NEW_VERSION, etag='"7"')
    script = [get_model(), get_versions(), get_rolling(), STALE, get_model(after), get_model(after)]
    result = run(MODULE, script, image={"version": "latest"})
    assert result["changed"]
    assert result["etag"] == '"7"'


def test_an_old_failure_of_an_instance_is_not_the_updates_own(run: Run) -> None:
    failed = poll("Failed", error={"code": "VMExtensionProvisioningError", "message": "an old sore"})
    script = [get_model(), get_versions(), get_rolling(), patch_model(IMAGE_PATCH), failed]
    assert run(MODULE, [*script, get_model(model(NEW_VERSION))], image={"version": "latest"})["changed"]

    result = run(MODULE, [*script, get_model(), get_model()], image={"version": "latest"})
    assert result["error"]["kind"] == "operation_failed"
    assert "an old sore" in result["msg"]
    assert result["changed"], "the write was accepted"


def test_a_success_without_effect_is_noticed_after_one_more_read(run: Run, clock: Clock) -> None:
    script = [get_model(), get_versions(), get_rolling(), patch_model(IMAGE_PATCH), *settled(), get_model()]
    result = run(MODULE, script, image={"version": "latest"})
    assert result["error"]["kind"] == "no_effect"
    assert f"but the image (Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}) is as before" in result["msg"]
    assert "does not change to in silence" in result["msg"]
    assert result["changed"]
    assert clock.sleeps == [10]


def test_polls_follow_each_other_until_the_operation_is_done(run: Run, clock: Clock) -> None:
    script = [
        get_model(),
        get_versions(),
        get_rolling(),
        patch_model(IMAGE_PATCH),
        poll("InProgress"),
        poll("InProgress"),
        *settled(model(NEW_VERSION)),
    ]
    assert run(MODULE, script, image={"version": "latest"})["changed"]
    assert clock.sleeps == [5, 5]


EXPECTED = {"image": {"version": "latest"}, "replaces": OLD}


def test_what_is_to_be_replaced_is_replaced(run: Run) -> None:
    profile = fingerprints(model())
    for more in ({**EXPECTED, "same_profile": profile}, {"image": {"version": "latest"}, "replaces": {}}):
        assert run(MODULE, [get_model(), get_versions(), *write()], **more)["changed"]


def test_an_image_that_somebody_else_has_set_meanwhile_is_not_written_over(run: Run) -> None:
    result = run(MODULE, [get_model(model("24.04.202509090")), get_versions()], **EXPECTED)
    assert result["error"]["kind"] == "concurrent_change"
    assert "it is Canonical:ubuntu-24_04-lts:server:24.04.202509090 and should be" in result["msg"]


def test_the_wanted_image_is_fine_whoever_has_set_it(run: Run) -> None:
    assert not run(MODULE, [get_model(model(NEW_VERSION)), get_versions()], **EXPECTED)["changed"]


def test_a_size_that_somebody_else_has_set_meanwhile_is_noticed_before_and_in_a_race(run: Run) -> None:
    other = {**model(etag='"2"'), "sku": {"name": "Standard_D8s_v5", "tier": "Standard", "capacity": 3}}
    race = [
        *[get_model(), get_versions(), get_rolling()],
        patch_model(None, error("PreconditionFailed", "no"), status=412, headers={}),
        get_model(other),
    ]
    for script in ([get_model(other), get_versions()], race):
        result = run(MODULE, script, **EXPECTED, same_profile=fingerprints(model()))
        assert result["error"]["kind"] == "concurrent_change"
        assert "the size was changed" in result["msg"]


def with_tags(tags: dict[str, str], version: str = OLD_VERSION, **more: Any) -> dict[str, Any]:
    return {**model(version, **more), "tags": tags}


LEASE = {
    "azroll-run": "run-a",
    "azroll-target": "Canonical:ubuntu-24_04-lts:server:" + NEW_VERSION,
    "azroll-since": "2026-11-22T10:15:00Z",
    "azroll-expires": "2026-11-22T12:15:00Z",
    "azroll-previous-image": "Canonical:ubuntu-24_04-lts:server:" + OLD_VERSION,
}
# What outlasts the lease.
HISTORY = {
    "azroll-rollout-image": "Canonical:ubuntu-24_04-lts:server:" + NEW_VERSION,
    "azroll-rollback-image": "Canonical:ubuntu-24_04-lts:server:" + OLD_VERSION,
    "azroll-unproven-images": "Canonical:ubuntu-24_04-lts:server:" + NEW_VERSION,
}


def test_the_lease_is_taken_in_the_same_request(run: Run) -> None:
    after = with_tags({"owner": "shop", **LEASE, **HISTORY}, NEW_VERSION, etag='"2"')
    patch = patch_model({**IMAGE_PATCH, "tags": {"owner": "shop", **LEASE, **HISTORY}})
    script = [get_model(with_tags({"owner": "shop"})), get_versions(), get_rolling(), patch, *settled(after)]
    assert run(MODULE, script, image={"version": "latest"}, run_id="run-a")["changed"]


def test_the_lease_remembers_the_policy_that_was_there(run: Run) -> None:
    tags = {**LEASE, **HISTORY, "azroll-held": "repairs,upgrade_policy=Automatic"}
    before = with_tags({**LEASE, "azroll-held": "repairs"}, upgradePolicy={"mode": "Automatic"})
    sends = {"properties": {**IMAGE_PATCH["properties"], "upgradePolicy": {"mode": "Manual"}}, "tags": tags}
    script = [get_model(before), get_versions(), get_rolling(), patch_model(sends)]
    script += settled(with_tags(tags, NEW_VERSION))
    run(MODULE, script, image={"version": "latest"}, run_id="run-a", upgrade_policy="set_manual")


def test_another_run_is_named_before_and_in_a_race(run: Run) -> None:
    held = with_tags({**LEASE, "azroll-run": "run-b", "azroll-holder": "eve@ctl2"}, etag='"2"')
    for script in (
        [get_model(held)],
        [
            get_model(),
            get_versions(),
            get_rolling(),
            patch_model(None, error("PreconditionFailed", "no"), status=412, headers={}),
            get_model(held),
        ],
    ):
        result = run(MODULE, script, image={"version": "latest"}, run_id="run-a")
        assert result["error"]["kind"] == "lease"
        assert "run run-b (holder eve@ctl2" in result["msg"]
        assert "until 2026-11-22T12:15:00Z" in result["msg"]
        assert not result["changed"]


def test_a_lease_that_is_gone_after_the_write_is_an_error(run: Run) -> None:
    patch = patch_model({**IMAGE_PATCH, "tags": {**LEASE, **HISTORY}})
    script = [get_model(), get_versions(), get_rolling(), patch, *settled(model(NEW_VERSION))]
    result = run(MODULE, script, image={"version": "latest"}, run_id="run-a")
    assert result["error"]["kind"] == "lease_lost"
    assert result["changed"]


def test_an_image_that_is_there_already_writes_no_lease(run: Run) -> None:
    assert not run(MODULE, [get_model(), get_versions()], image={"version": OLD_VERSION}, run_id="run-a")["changed"]


def test_a_lease_of_no_minutes_is_none(run: Run) -> None:
    script = [get_model(with_tags({**LEASE, "azroll-run": "run-b"})), get_versions()]
    assert not run(MODULE, script, image={"version": OLD_VERSION}, run_id="run-a", lease_minutes=0)["changed"]


def test_a_run_id_that_cannot_be_meant_is_refused_before_any_request(run: Run) -> None:
    assert run(MODULE, [], image={"version": "latest"}, run_id="a b")["error"]["kind"] == "bad_input"


def test_without_a_lease_no_tag_is_written_not_even_on_the_rollback(run: Run) -> None:
    tags = {"azroll-rollback-image": "Canonical:ubuntu-24_04-lts:server:1.0.0"}
    for options in ({}, {"run_id": "run-a", "lease_minutes": 0}):
        script = [get_model(with_tags(tags)), get_versions(), get_rolling(), patch_model(IMAGE_PATCH)]
        script += settled(with_tags(tags, NEW_VERSION))
        assert run(MODULE, script, image={"version": "latest"}, rollback=True, **options)["changed"]
