# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory, write_history
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    GROUP,
    OLD_VERSION,
    SUBSCRIPTION_ID,
    WEB,
    Exchange,
    action,
    error,
    get,
    get_instances,
    get_model,
    model,
    patch_model,
    poll,
    poll_action,
    reference,
    vm,
)

MODULE = "vmss_hold"
KEYS = {
    "changed",
    "msg",
    "error",
    "lease",
    "lease_before",
    "held",
    "continues",
    "image_before",
    "lost",
    "made_model",
    "diff",
}
OPTIONS = {"run_id": "run-a", "holder": "eve@ctl1", "target": "image 2", "previous_image": reference(OLD_VERSION)}
TAGS = {
    "azroll-run": "run-a",
    "azroll-holder": "eve@ctl1",
    "azroll-target": "image 2",
    "azroll-since": "2026-11-22T10:15:00Z",
    "azroll-expires": "2026-11-22T12:15:00Z",
    "azroll-held": "repairs,autoscale=rg-shop/cpu,upgrade_policy=Automatic",
    "azroll-previous-image": f"Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}",
}
# What a lease is when only the policy is still to be restored.
LEFT = {name: text for name, text in TAGS.items() if name != "azroll-previous-image"} | {
    "azroll-expires": "2026-11-22T10:15:00Z",
    "azroll-held": "upgrade_policy=Automatic",
}
SETTINGS = f"{GROUP.rpartition('/providers/')[0]}/providers/Microsoft.Insights/autoscaleSettings"
AUTOSCALE = {"api": "2022-10-01"}


def tagged(tags: dict[str, str], policy: str = "Manual", etag: str = '"2"') -> dict[str, Any]:
    body = model(etag=etag, upgradePolicy={"mode": policy}, automaticRepairsPolicy={"enabled": True})
    return {**body, "tags": {"owner": "shop", **tags}}


def get_view(state: str) -> Exchange:
    services = [{"serviceName": "AutomaticRepairs", "serviceState": state}]
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def set_repairs(what: str) -> list[Exchange]:
    sends = {"serviceName": "AutomaticRepairs", "action": what}
    return [action("setOrchestrationServiceState", sends), poll_action()]


def setting(*, enabled: bool) -> dict[str, Any]:
    properties = {"enabled": enabled, "targetResourceUri": WEB, "profiles": [{"name": "day"}]}
    return {"id": f"{SETTINGS}/cpu", "name": "cpu", "location": "westeurope", "properties": properties}


def get_settings(*, enabled: bool) -> Exchange:
    return get(SETTINGS, {"value": [setting(enabled=enabled)]}, **AUTOSCALE)


def find_settings(*, enabled: bool) -> Exchange:
    path = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Insights/autoscaleSettings"
    return get(path, {"value": [setting(enabled=enabled)]}, **AUTOSCALE)


def put_setting(*, enabled: bool) -> Exchange:
    body = setting(enabled=enabled)
    sends = {name: body[name] for name in ("location", "properties")}
    return Exchange("PUT", f"{SETTINGS}/cpu", body, sends=sends, **AUTOSCALE)


def test_held_and_released(run: Run) -> None:
    free, held = tagged({}, "Automatic", '"1"'), tagged(TAGS)
    sends = {"tags": held["tags"], "properties": {"upgradePolicy": {"mode": "Manual"}}}
    script = [get_model(free), get_view("Running"), find_settings(enabled=True), patch_model(sends)]
    # Each write rests on a model that was read for it.
    script += [poll(), get_model(held), get_model(held), get_model(held), get_view("Running"), *set_repairs("Suspend")]
    script += [get_view("Suspended"), get_model(held), get_settings(enabled=True), put_setting(enabled=False)]
    wishes = {"repairs": True, "autoscale": True, "upgrade_policy": "set_manual"}
    result = run(MODULE, script, state="held", **OPTIONS, **wishes)
    assert set(result) == KEYS
    assert result["changed"]
    assert result["held"] == ["repairs", "autoscale=rg-shop/cpu", "upgrade_policy=Automatic"]
    assert result["lease"]["expires"] == "2026-11-22T12:15:00Z"
    assert result["image_before"] == reference(OLD_VERSION)
    assert result["diff"] == {"before": {"lease": {}}, "after": {"lease": result["lease"]}}
    assert "until 2026-11-22T12:15:00Z" in result["msg"]

    sends = {"tags": {"owner": "shop"}, "properties": {"upgradePolicy": {"mode": "Automatic"}}}
    script = [get_model(held), get_model(held), get_view("Suspended"), *set_repairs("Resume")]
    script += [
        get_view("Running"),
        get_model(held),
        get_settings(enabled=False),
        put_setting(enabled=True),
        get_model(held),
    ]
    # Tags alone, before the policy comes back under which what lags would be upgraded.
    over = tagged(LEFT, etag='"3"')
    script += [patch_model({"tags": over["tags"]}, if_match='"2"'), poll(), *[get_model(over)] * 3]
    script += [get_instances(vm(0, latest=True))]
    script += [patch_model(sends, if_match='"3"'), poll(), get_model(free), get_model(free)]
    result = run(MODULE, script, state="released", run_id="run-a")
    assert set(result) == KEYS
    assert result["changed"]
    assert (result["lease"], result["held"], result["lost"]) == (None, [], False)

    result = run(MODULE, [get_model(free)] * 2, state="released", run_id="run-a")
    assert not result["changed"]
    assert result["msg"] == "web is released already."


def test_a_write_without_an_answer_is_looked_for_before_it_is_made_again(run: Run) -> None:
    tags = {name: text for name, text in TAGS.items() if name != "azroll-held"}
    free, held = tagged({}, etag='"1"'), tagged(tags)
    lost = patch_model({"tags": held["tags"]}, raises=requests.exceptions.ReadTimeout("Read timed out."))
    received = run(MODULE, [get_model(free), lost, get_model(held)], state="held", **OPTIONS)
    script = [get_model(free), lost, get_model(free), patch_model({"tags": held["tags"]}), poll()]
    again = run(MODULE, [*script, get_model(held), get_model(held)], state="held", **OPTIONS)
    for result in (received, again):
        assert (result["changed"], result["error"], result["lease_before"]) == (True, None, None)
        assert result["lease"]["run_id"] == "run-a"
        assert result["continues"] is None, "the lease that was found is that of the write without an answer"


@pytest.mark.parametrize("received", [True, False])
def test_a_setting_is_read_again_before_it_is_written_again(run: Run, received: bool) -> None:
    tags = {**TAGS, "azroll-held": "autoscale=rg-shop/cpu"}
    lost = put_setting(enabled=False)
    lost.status = 502
    read = [get_model(tagged(tags)), get_settings(enabled=True)]
    again = [
        get_model(tagged(tags)),
        get_settings(enabled=not received),
        *([] if received else [put_setting(enabled=False)]),
    ]
    script = [get_model(tagged(tags)), find_settings(enabled=True), *read, lost, *again]
    result = run(MODULE, script, state="held", autoscale=True, **OPTIONS)
    assert (result["changed"], result["error"]) == (True, None)
    assert result["msg"].endswith("(autoscale cpu switched off).")


def test_what_another_run_has_taken_meanwhile_is_not_touched(run: Run) -> None:
    tags, theirs = {**TAGS, "azroll-held": "repairs"}, tagged({**TAGS, "azroll-run": "run-b"}, etag='"3"')
    throttled = get(f"{WEB}/instanceView", error("OperationNotAllowed", "too many"), status=429)
    script = [get_model(tagged(tags)), get_model(tagged(tags)), throttled, get_model(theirs)]
    result = run(MODULE, script, state="held", repairs=True, **OPTIONS)
    assert result["error"]["kind"] == "lease"


@pytest.mark.parametrize("follows", [True, False])
def test_a_model_that_was_made_by_tags_is_noticed(run: Run, follows: bool) -> None:
    tags = {name: text for name, text in TAGS.items() if name != "azroll-held"}
    free, held = tagged({}, etag='"1"'), tagged(tags)

    def get_one(*, latest: bool) -> Exchange:
        return get(f"{WEB}/virtualMachines/3", vm(3, latest=latest), query={"$expand": "instanceView"})

    script = [get_model(free), get_one(latest=True), patch_model({"tags": held["tags"]}), poll()]
    script += [*[get_model(held)] * 3, get_one(latest=follows)]
    image = Image.from_options(reference(OLD_VERSION))
    noted = write_history(held["tags"], ImageHistory().judging_by_image(image, fingerprints(held)))
    if not follows:
        # At once: whoever continues a run that was killed after this must know.
        script += [
            get_model(held),
            patch_model({"tags": noted}, if_match='"2"'),
            poll(),
            *[get_model(tagged(noted, etag='"3"'))] * 2,
        ]
    result = run(MODULE, script, state="held", current_instance="3", **OPTIONS)
    assert result["made_model"] is not follows
    assert ("made a new model" in str(result.get("warnings"))) is not follows

    # Nothing is written by a renewal that is not due, so nothing is read for it.
    assert not run(MODULE, [get_model(held)], state="held", current_instance="3", **OPTIONS)["made_model"]


def test_that_tags_make_a_model_is_remembered(run: Run) -> None:
    free, held = tagged({}, etag='"3"'), tagged({name: text for name, text in TAGS.items() if name != "azroll-held"})
    image = Image.from_options(reference(OLD_VERSION))
    history = ImageHistory().judging_by_image(image, fingerprints(held))
    assert history.judged_by_image(image, image, fingerprints(held))
    patch = patch_model({"tags": write_history({"owner": "shop"}, history)}, if_match='"2"')
    script = [get_model(held), get_model(held), patch, poll(), *[get_model(free)] * 2]
    assert run(MODULE, script, state="released", run_id="run-a", by_image=True)["changed"]


def test_check_mode_only_reads(run: Run) -> None:
    script = [get_model(tagged({}, etag='"1"')), get_view("Running"), get_view("Running")]
    result = run(MODULE, script, state="held", repairs=True, check_mode=True, **OPTIONS)
    assert result["changed"]
    assert result["held"] == ["repairs"]
    assert "would be held" in result["msg"]


def test_the_second_run_is_told_of_the_first_and_can_take_over(run: Run) -> None:
    held = tagged(TAGS)
    result = run(MODULE, [get_model(held)], state="held", run_id="run-b")
    assert result["error"]["kind"] == "lease"
    assert not result["changed"]
    assert result["lease"]["run_id"] == "run-a"
    for word in ("run run-a", "eve@ctl1", "image 2", "2026-11-22T12:15:00Z", "take_over: true"):
        assert word in result["msg"]

    ours = tagged({**TAGS, "azroll-run": "run-b"}, etag='"3"')
    script = [get_model(held), patch_model(None, if_match='"2"'), poll(), get_model(ours), get_model(ours)]
    result = run(MODULE, script, state="held", run_id="run-b", take_over=True)
    assert result["continues"] == "run-a"
    assert (result["lease_before"]["run_id"], result["lease"]["run_id"]) == ("run-a", "run-b")
    assert result["held"] == ["repairs", "autoscale=rg-shop/cpu", "upgrade_policy=Automatic"]


def test_the_lease_of_another_run_is_not_released(run: Run) -> None:
    result = run(MODULE, [get_model(tagged(TAGS))], state="released", run_id="run-b")
    assert result["lost"]
    assert not result["changed"]
    assert result["error"] is None
    assert "belongs to another run: run run-a" in result["warnings"][0]


def test_the_policy_is_not_restored_while_instances_lag(run: Run) -> None:
    tags = {**TAGS, "azroll-held": "upgrade_policy=Automatic"}
    left = tagged(LEFT, etag='"3"')
    script = [get_model(tagged(tags)), get_model(tagged(tags))]
    script += [patch_model({"tags": left["tags"]}, if_match='"2"'), poll(), *[get_model(left)] * 3]
    script += [get_instances(vm(0), vm(1, latest=True))]
    result = run(MODULE, script, state="released", run_id="run-a")
    assert result["held"] == ["upgrade_policy=Automatic"]
    assert result["image_before"] == reference(OLD_VERSION)
    assert "instances 0 lag" in result["warnings"][0]


@pytest.mark.parametrize("options", [{"run_id": "a b"}, {"run_id": "a", "minutes": -1}])
def test_what_cannot_be_meant_is_refused_before_any_request(run: Run, options: dict[str, Any]) -> None:
    result = run(MODULE, [], state="held", **options)
    assert set(result) == KEYS | {"failed"}
    assert result["error"]["kind"] == "bad_input"


def test_a_model_that_was_made_by_the_tags_of_a_release_is_remembered(run: Run) -> None:
    held = tagged({name: text for name, text in TAGS.items() if name != "azroll-held"})
    free = tagged({}, etag='"4"')
    image = Image.from_options(reference(OLD_VERSION))
    history = ImageHistory().judging_by_image(image, fingerprints(free))

    def get_one(*, latest: bool) -> Exchange:
        return get(f"{WEB}/virtualMachines/3", vm(3, latest=latest), query={"$expand": "instanceView"})

    released = patch_model({"tags": {"owner": "shop"}}, if_match='"2"')
    noted = patch_model({"tags": write_history({"owner": "shop"}, history)}, if_match='"4"')
    script = [*[get_model(held)] * 2, get_one(latest=True), released, poll(), *[get_model(free)] * 3]
    script += [get_one(latest=False), get_model(free), noted, poll(), *[get_model(free)] * 2]
    result = run(MODULE, script, state="released", current_instance="3", **OPTIONS)
    assert (result["made_model"], result["error"]) == (True, None)
