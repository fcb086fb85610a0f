# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Preflight reads all that it looks at in one order, and what cannot be read is known as that and ends nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ConnectionFailed,
    CredentialError,
    Forbidden,
    ImageNotFound,
    NotFound,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Watched
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._operations import read_preflight
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_preflight import fired_alerts, read_inputs
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import read_budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory, history_tags
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
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
    view,
)
from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    SUBSCRIPTION_ID,
    VERSIONS,
    WEB,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    get_rolling,
    get_versions,
    model,
    reference,
    vm,
    with_image,
)

OLD, NEW = (Image(**reference(one)) for one in (OLD_VERSION, NEW_VERSION))
LATEST = Image(version="latest")
FIVE = [vm(number) for number in range(5)]
ELSEWHERE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-img/providers/Microsoft.Compute"
GALLERY_IMAGE = f"{ELSEWHERE}/galleries/golden/images/web/versions/1.0.0"
WATCHED = Watched(("scale_set",), "Sev4")


def order(**more: Any) -> Order:
    return Order("update_domain", read_budget({"max_unavailable": "20%"}), **more)


def looked(play: Play, *script: Exchange, wanted: Image = LATEST, only: Selection = Selection(), **more: Any) -> Inputs:
    arm, _deadline = play(*script)
    return read_inputs(arm, "rg-shop", "web", wanted, order=order(only=only), **more)


def tagged(tags: dict[str, str], version: str = OLD_VERSION) -> dict[str, Any]:
    return {**model(version), "tags": tags}


def silent(number: int, version: str = OLD_VERSION) -> dict[str, Any]:
    """An instance that has never reported its health."""
    body = vm(number, version)
    del body["properties"]["instanceView"]["vmHealth"]
    return body


def test_all_is_read_once_and_in_one_order(play: Play) -> None:
    setting = scaling("web-cpu")
    around = surroundings(
        autoscale=(setting, scaling("db", "/other")), locks=(GROUP,), managedBy="/x/microsoft.Batch/y"
    )
    found = looked(play, *read_set(*FIVE, repairs="Running"), *images(), get_alerts(), *around, watched=WATCHED)
    assert (found.target, found.previous) == (NEW, OLD)
    assert (found.target_error, found.previous_error, found.alerts_error, found.unread) == (None, None, None, ())
    assert found.target_details is not None
    assert found.snapshot.repairs_state == "Running"
    assert [one.label for one in found.autoscale or ()] == ["rg-shop/web-cpu"]
    assert set(found.autoscale_permissions) == set(found.autoscale_locks) == {"rg-shop/web-cpu"}
    assert [one.name for one in found.locks or ()] == ["freeze"]
    assert (found.subscription_state, found.owner) == ("Enabled", "Batch")


def test_a_set_without_a_model_has_nothing_to_hold_an_image_against(play: Play) -> None:
    bare = {**model(), "properties": {"orchestrationMode": "Flexible"}}
    query = {"$filter": f"'virtualMachineScaleSet/id' eq '{WEB}'", "$expand": "instanceView"}
    machines = get(f"{GROUP}/providers/Microsoft.Compute/virtualMachines", {"value": []}, query=query)
    found = looked(play, get_model(bare), machines, get_rolling(), view())
    assert (found.target, found.previous.kind) == (LATEST, "none")


def test_an_instance_that_is_included_must_be_there(play: Play) -> None:
    with pytest.raises(BadInput, match="do not exist: 99"):
        looked(play, *read_set(*FIVE), include=["1", "99"])


# The images


def test_an_image_that_is_not_there_leaves_the_other_one_to_be_looked_at(play: Play) -> None:
    nothing = error("NotFound", "Artifact: VMImage was not found.")
    asked = [get_versions(), version("1.0.0", status=404, body=nothing), get_versions(), version(OLD_VERSION)]
    found = looked(play, *read_set(*FIVE), *asked, *surroundings(), wanted=Image(version="1.0.0"))
    assert isinstance(found.target_error, ImageNotFound)
    assert "does not exist" in found.target_error.message
    assert (found.target, found.target_details) == (Image(**reference("1.0.0")), None)
    assert (found.previous_error, found.previous_details is None) == (None, False)


def test_deprecated_versions_are_told_from_unknown_ones_by_azures_own_word(play: Play) -> None:
    gone = error("ImageVersionDeprecated", "VM Image from publisher: Canonical is deprecated.")
    asked = [
        *[get_versions(OLD_VERSION), version(NEW_VERSION, status=404, body=gone)],
        *[get_versions("9.9.9"), version(OLD_VERSION, status=404, body=gone)],
    ]
    found = looked(play, *read_set(*FIVE), *asked, *surroundings(), wanted=NEW)
    for trouble in (found.target_error, found.previous_error):
        assert isinstance(trouble, ImageNotFound)
        assert "is deprecated" in trouble.message
        assert trouble.fault.code == "ImageVersionDeprecated"


def test_of_a_floating_image_without_versions_no_version_is_asked_for(play: Play) -> None:
    asked = [get(VERSIONS, []), get_versions(), version(OLD_VERSION)]
    found = looked(play, *read_set(*FIVE), *asked, *surroundings())
    assert isinstance(found.target_error, ImageNotFound)


def test_a_wrong_image_that_is_wanted_is_an_error_and_a_strange_one_in_use_is_none(play: Play) -> None:
    strange = {"imageReference": {"id": "/subscriptions/s/images/web"}}
    with pytest.raises(BadInput):
        looked(play, *read_set(*FIVE), wanted=Image(id="/subscriptions/s/images/web"))
    machines = [vm(number) for number in range(2)]
    for one in machines:
        one["properties"]["storageProfile"] = strange
    asked = [get_versions(), version(NEW_VERSION)]
    found = looked(play, *read_set(*machines, body=with_image(strange)), *asked, *surroundings(), wanted=NEW)
    assert isinstance(found.previous_error, BadInput)
    assert found.previous_details is None


@pytest.mark.parametrize(
    ("status", "code", "times"),
    [
        (400, "InvalidParameter", 1),
        (401, "InvalidAuthenticationTokenTenant", 2),
        (403, "LinkedAuthorizationFailed", 1),
        (404, "SubscriptionNotFound", 1),
        (409, "OperationNotAllowed", 1),
        (500, "InternalServerError", 5),
    ],
)
def test_what_another_tenants_image_answers_ends_no_preflight(play: Play, status: int, code: str, times: int) -> None:
    query = {"$expand": "ReplicationStatus"}
    denied = get(GALLERY_IMAGE, error(code, "No."), status=status, api="2023-07-03", query=query)
    present = [get_versions(), version(OLD_VERSION)]
    script = [*read_set(*FIVE), *[denied] * times, *present, *surroundings()]
    found = looked(play, *script, wanted=Image(id=GALLERY_IMAGE))
    assert found.target_error is not None
    assert found.target_error.fault.status == status
    assert not isinstance(found.target_error, ImageNotFound)


def test_the_image_before_is_the_one_that_instances_agree_on_where_the_model_has_the_new_one(play: Play) -> None:
    body = model(NEW_VERSION)
    script = [*read_set(vm(0, NEW_VERSION), *FIVE[1:], body=body), *images(), *surroundings()]
    found = looked(play, *script, wanted=NEW)
    assert (found.previous, found.candidates) == (OLD, (OLD,))

    third = vm(4, "24.04.202509090")
    script = [*read_set(vm(0, NEW_VERSION), *FIVE[1:4], third, body=body), get_versions(), version(NEW_VERSION)]
    found = looked(play, *script, *surroundings(), wanted=NEW)
    assert (found.previous.kind, len(found.candidates)) == ("none", 2)
    # Those outside of the order tell nothing of it.
    inside = Selection(instance_ids=("0", "1", "2", "3"))
    found = looked(play, *script, get_versions(), version(OLD_VERSION), *surroundings(), wanted=NEW, only=inside)
    assert found.previous == OLD


def test_where_all_run_the_image_there_is_none_before_to_be_looked_at(play: Play) -> None:
    machines = [vm(number, NEW_VERSION) for number in range(2)]
    script = [*read_set(*machines, body=model(NEW_VERSION)), get_versions(), version(NEW_VERSION), *surroundings()]
    found = looked(play, *script)
    assert (found.previous.kind, found.previous_error) == ("none", None)


# Who is judged, and by what


def test_a_set_that_remembers_it_is_judged_by_the_image(play: Play) -> None:
    remembered = tagged(history_tags(ImageHistory(rollout_image=OLD, rollback_image=NEW)))
    script = [*read_set(*FIVE, body=remembered), *images(), *surroundings()]
    seen = [looked(play, *script, by_model=by_model) for by_model in (True, False)]
    assert [(one.by_model, one.noted_by_image) for one in seen] == [(False, True), (False, False)]
    found = looked(play, *read_set(*FIVE), *images(), *surroundings())
    assert (found.by_model, found.noted_by_image) == (True, False)


def test_a_health_source_that_has_never_reported_is_set_aside_and_named(play: Play) -> None:
    found = looked(play, *read_set(silent(0), silent(1)), *images(), *surroundings())
    assert found.silent_source is not None
    assert found.snapshot.scale_set.health_source is None


@pytest.mark.parametrize(
    "machines", [(silent(0), vm(1)), (silent(0), vm(1, NEW_VERSION)), (vm(0), silent(1, NEW_VERSION))]
)
def test_a_source_that_reports_or_is_silent_on_the_target_alone_is_judged(
    play: Play, machines: tuple[dict[str, Any], ...]
) -> None:
    found = looked(play, *read_set(*machines), *images(), *surroundings())
    assert found.silent_source is None
    assert found.snapshot.scale_set.health_source is not None


@pytest.mark.parametrize("dead", [True, False])
def test_whether_the_holder_of_a_lease_is_dead_is_asked_by_its_name(
    play: Play, monkeypatch: pytest.MonkeyPatch, dead: bool
) -> None:
    monkeypatch.setattr(read_preflight, "is_dead", lambda holder: holder == "ops@ci" and dead)
    body = tagged({"azroll-run": "theirs", "azroll-holder": "ops@ci", "azroll-expires": "2026-11-22T12:00:00Z"})
    assert looked(play, *read_set(*FIVE, body=body), *images(), *surroundings()).holder_dead is dead


def test_nobody_holds_a_set_without_a_lease(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_preflight, "is_dead", lambda _holder: True)
    assert not looked(play, *read_set(*FIVE), *images(), *surroundings()).holder_dead


# What cannot be read


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 500, 503])
def test_nothing_that_can_be_done_without_ends_preflight(play: Play, status: int) -> None:
    times = 5 if status >= 500 else 2 if status == 401 else 1

    def refused(path: str, **more: Any) -> list[Exchange]:
        return [get(path, error("Whatever", "No."), status=status, **more)] * times

    denied = status in (401, 403)
    script = [
        *[get_model(), get_instances(*FIVE)],
        *refused(f"{WEB}/rollingUpgrades/latest"),
        *refused(f"{WEB}/instanceView"),
        *[get_versions(), *refused(f"{VERSIONS}/{NEW_VERSION}")],
        *[get_versions(), *refused(f"{VERSIONS}/{OLD_VERSION}")],
        *refused(ALL_SETTINGS, api="2022-10-01"),
        *(refused(f"{GROUP}/{SETTINGS}", api="2022-10-01") if denied else []),
        *refused(f"{WEB}/{PERMISSIONS}", api="2022-04-01"),
        *refused(f"{WEB}/{LOCKS}", api="2016-09-01"),
        *refused(SUBSCRIPTION, api="2016-06-01"),
        *refused(GROUP, api="2021-04-01"),
    ]
    found = looked(play, *script)
    absent = status in (400, 404, 409)
    # What does not exist is none; what is denied is not known.
    assert (found.autoscale, found.locks) == (((), ()) if absent else (None, None))
    assert (found.permissions, found.subscription_state, found.owner) == (None, None, None)
    assert (found.target_error, found.target_details) == (None, None)
    # A refusal is told of the images alone, all else has findings of its own; a fault of the service is told of each,
    # but for the rolling upgrade that was never there.
    told = 0 if absent else 2 if status < 500 else 9
    assert [one.fault.status for one in found.unread] == [status] * told


def test_what_may_not_be_read_of_one_setting_is_unknown_of_that_alone(play: Play) -> None:
    one, other = scaling("cpu"), scaling("cpu", group=GROUP.replace("rg-shop", "rg-ops"))
    denied = {
        f"{other['id']}/{PERMISSIONS}": "2022-04-01",
        f"{other['id']}/{LOCKS}": "2016-09-01",
    }
    around = [
        get(step.path, FORBIDDEN, status=403, api=denied[step.path]) if step.path in denied else step
        for step in surroundings(autoscale=(one, other))
    ]
    found = looked(play, *read_set(*FIVE), *images(), *around)
    assert found.autoscale_permissions["rg-shop/cpu"]
    assert found.autoscale_permissions["rg-ops/cpu"] is None
    assert (found.autoscale_locks["rg-shop/cpu"], found.autoscale_locks["rg-ops/cpu"]) == ((), None)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([get_model(error("ResourceNotFound", "There is none."), status=404)], NotFound),
        ([get_model(error("InvalidAuthenticationTokenTenant", "Wrong issuer."), status=401)] * 2, CredentialError),
        ([get_model(), get_instances(status=403)], Forbidden),
    ],
)
def test_without_the_set_itself_there_is_no_preflight(
    play: Play, script: list[Exchange], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        looked(play, *script)


@pytest.mark.parametrize(
    ("begun", "asked"),
    [
        (read_set(*FIVE)[:2], get_rolling()),
        (read_set(*FIVE), get_versions()),
        ([*read_set(*FIVE), get_versions()], version(NEW_VERSION)),
        ([*read_set(*FIVE), *images()], get_alerts()),
        ([*read_set(*FIVE), *images(), get_alerts()], surroundings()[0]),
    ],
    ids=["rolling upgrade", "versions", "details", "alerts", "autoscale"],
)
def test_silence_concerns_everything(play: Play, begun: list[Exchange], asked: Exchange) -> None:
    lost = replace(asked, raises=requests.exceptions.ConnectTimeout("timed out"))
    with pytest.raises(ConnectionFailed):
        looked(play, *begun, *[lost] * 5, watched=WATCHED)


# Alerts


def test_without_anything_to_watch_no_alert_is_asked_for(play: Play) -> None:
    found = looked(play, *read_set(*FIVE), *images(), *surroundings())
    assert (found.alerts, found.alerts_error) == ((), None)


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (404, "SubscriptionNotFound")])
def test_alerts_that_cannot_be_read_are_known_as_that(play: Play, status: int, code: str) -> None:
    script = [*read_set(*FIVE), *images(), get_alerts(status=status, body=error(code, "No.")), *surroundings()]
    found = looked(play, *script, watched=WATCHED)
    assert found.alerts == ()
    assert found.alerts_error is not None
    assert found.alerts_error.fault.code == code


def test_alerts_are_asked_for_resource_by_resource_each_once(play: Play) -> None:
    lb = f"{GROUP}/providers/Microsoft.Network/loadBalancers/front"
    of_set = get_alerts(("cpu", "2026-11-22T08:00:00Z"))
    essentials = {"severity": "Sev3", "monitorCondition": "Fired", "targetResource": lb}
    mild = {"name": "mild", "properties": {"essentials": essentials}}
    severe = {"name": "severe", "properties": {"essentials": {**essentials, "severity": "Sev0"}}}
    of_lb = get(of_set.path, {"value": [mild, severe]}, query={**of_set.query, "targetResource": lb}, api="2019-03-01")
    arm, _deadline = play(of_set, of_lb)
    watched = Watched(("scale_set", lb, WEB.lower(), lb.upper()), "Sev1")
    found = fired_alerts(arm, scale_set(id=WEB), watched)
    assert [(one.rule, one.severity) for one in found] == [("cpu", "Sev1"), ("severe", "Sev0")]
    assert SUBSCRIPTION_ID in of_set.path
