# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils import _arm, _arm_client, _arm_retry
from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    Conflict,
    ConnectionFailed,
    CredentialError,
    MissingLibrary,
    NotFound,
    ServiceError,
    Throttled,
    Unavailable,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._settings import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set
from ansible_collections.azroll.vmss.tests.unit.wire import (
    OPERATION,
    SUBSCRIPTION_ID,
    WEB,
    Clock,
    Exchange,
    Token,
    Wire,
    action,
    error,
    get,
    get_instances,
    get_model,
    poll_action,
)

SETTINGS = Settings(subscription_id=SUBSCRIPTION_ID, tenant="t", client_id="c", secret="very-secret")
SET = scale_set(id=WEB, name="web", resource_group="rg-shop")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(clock: Clock, *script: Exchange, seconds: float = 600) -> tuple[_arm.Arm, Wire]:
    wire = Wire(script, clock)
    deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
    return _arm.connect(choose_login(SETTINGS, {}), deadline, credential=Token(), transport=wire), wire


def refused(clock: Clock, *script: Exchange, seconds: float = 600) -> VmssError:
    """The error that reading the model with this script ends in."""
    arm, wire = connect(clock, *script, seconds=seconds)
    with pytest.raises(VmssError) as caught:
        arm.get_scale_set("rg-shop", "web")
    wire.check()
    return caught.value


def test_passing_faults_are_tried_again(clock: Clock) -> None:
    html = get(WEB, "<html>Service Unavailable</html>", status=503, headers={"Content-Type": "text/html"})
    reset = get(WEB, raises=requests.exceptions.ConnectionError("Connection reset by peer"))
    cut = get_model(cut=True)
    arm, wire = connect(clock, html, reset, cut, get(WEB, "", status=500), get_model())
    assert arm.get_scale_set("rg-shop", "web").name == "web"
    assert clock.sleeps == [0.8, 1.6, 3.2, 6.4]
    wire.check()


def test_a_lasting_fault_is_an_error_with_the_request_id(clock: Clock) -> None:
    caught = refused(clock, *[get(WEB, "<html/>", status=503, headers={"Content-Type": "text/html"})] * 5)
    assert isinstance(caught, ServiceError)
    assert (caught.fault.status, caught.fault.request_id) == (503, "r-1")


def test_an_answer_that_is_no_json(clock: Clock) -> None:
    caught = refused(clock, get(WEB, '{"id": '))
    assert isinstance(caught, ServiceError)
    assert "could not be read" in caught.message


def test_writes_are_repeated_after_a_lost_answer(clock: Clock) -> None:
    lost = action("manualupgrade", {"instanceIds": ["1"]}, raises=requests.exceptions.ReadTimeout("Read timed out."))
    arm, wire = connect(clock, lost, action("manualupgrade", {"instanceIds": ["1"]}))
    arm.upgrade_instances(SET, ["1"], follow=False)
    wire.check()


def test_an_upgrade_without_ids_is_never_sent(clock: Clock) -> None:
    arm, wire = connect(clock)
    with pytest.raises(ValueError, match="needs instance ids"):
        arm.upgrade_instances(SET, [], follow=False)
    wire.check()


def test_throttling_is_waited_out_however_often(clock: Clock) -> None:
    throttled = get(WEB, error("OperationNotAllowed", "too many"), status=429, headers={"Retry-After": "30"})
    silent = get(WEB, error("OperationNotAllowed", "too many"), status=429)
    arm, wire = connect(clock, *[throttled] * 6, silent, get_model())
    arm.get_scale_set("rg-shop", "web")
    assert clock.sleeps == [30] * 6 + [15]
    wire.check()


def test_an_action_is_not_held_back_by_throttling(clock: Clock) -> None:
    body, headers = error("OperationNotAllowed", "too many"), {"Retry-After": "30"}
    throttled = action("manualupgrade", {"instanceIds": ["1"]}, body=body, status=429, headers=headers)
    arm, wire = connect(clock, throttled)
    with pytest.raises(Throttled) as caught:
        arm.upgrade_instances(SET, ["1"], follow=False)
    assert (caught.value.retry_after, clock.sleeps) == (30.0, [])
    wire.check()


def test_an_action_is_tried_again_after_short_pauses_only(clock: Clock) -> None:
    busy = action("reimage", {"instanceIds": ["1"]}, status=503, headers={"Retry-After": "300"})
    arm, wire = connect(clock, *[busy] * 5)
    with pytest.raises(Unavailable):
        arm.reimage_instances(SET, ["1"])
    assert clock.sleeps == [0.8, 1.6, 3.2, 6.4]
    wire.check()


def test_throttling_for_longer_than_there_is_time(clock: Clock) -> None:
    throttled = get(WEB, error("OperationNotAllowed", "too many"), status=429, headers={"Retry-After": "30"})
    caught = refused(clock, throttled, throttled, seconds=45)
    assert isinstance(caught, Throttled)
    assert "another 30 seconds" in caught.message
    assert clock.sleeps == [30]


def test_a_token_that_expired_on_its_way_is_replaced_once(clock: Clock) -> None:
    expired = get(WEB, error("ExpiredAuthenticationToken", "expired"), status=401)
    arm, wire = connect(clock, expired, get_model())
    arm.get_scale_set("rg-shop", "web")
    wire.check()
    assert isinstance(refused(clock, expired, expired), CredentialError)


def test_no_wait_ends_after_the_deadline(clock: Clock) -> None:
    assert isinstance(refused(clock, *[get(WEB, "", status=500)] * 2, seconds=1), ServiceError)
    assert clock.sleeps == [0.8]


def test_an_untrusted_certificate_is_not_tried_again(clock: Clock) -> None:
    tls = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    caught = refused(clock, get(WEB, raises=tls))
    assert isinstance(caught, ConnectionFailed)
    assert "REQUESTS_CA_BUNDLE" in caught.advice


def test_nobody_answers(clock: Clock) -> None:
    down = requests.exceptions.ConnectionError(f"Max retries exceeded with url: {WEB}?api-version=1&c=signature")
    caught = refused(clock, *[get(WEB, raises=down)] * 5)
    assert isinstance(caught, ConnectionFailed)
    assert "HTTPS_PROXY" in caught.advice
    assert "signature" not in str(caught), "the query of an address may be a signature"


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "ResourceNotFound", "no such resource"),
        (404, "ResourceGroupNotFound", "no such resource group"),
        (404, "SubscriptionNotFound", "no such subscription"),
        (400, "InvalidSubscriptionId", "no such subscription"),
    ],
)
def test_what_is_not_there_is_told_apart(clock: Clock, status: int, code: str, words: str) -> None:
    caught = refused(clock, get(WEB, error(code, "was not found"), status=status))
    assert isinstance(caught, NotFound)
    assert words in caught.message
    assert caught.advice


def test_a_token_of_another_tenant(clock: Clock) -> None:
    body = error("InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer.")
    caught = refused(clock, *[get(WEB, body, status=401)] * 2)
    assert isinstance(caught, CredentialError)
    assert caught.fault.code == "InvalidAuthenticationTokenTenant"


def test_the_conditional_write_speaks_of_a_conflict(clock: Clock) -> None:
    body = error("PreconditionFailed", "Etag does not match")
    arm, wire = connect(clock, Exchange("PATCH", WEB, body, status=412))
    with pytest.raises(Conflict):
        arm.patch_scale_set(SET, {"properties": {}})
    wire.check()


def test_the_time_is_the_services(clock: Clock) -> None:
    arm, _wire = connect(clock, get_instances(), action("manualupgrade", {"instanceIds": ["1"]}))
    assert arm.server_time is None
    arm.list_instances(SET)
    assert arm.server_time == "2026-11-22T10:15:00+00:00"
    assert arm.upgrade_instances(SET, ["1"], follow=False).started_at == "2026-11-22T10:15:00+00:00"


def test_an_address_that_is_signed_is_used_as_given(clock: Clock) -> None:
    arm, wire = connect(
        clock, action("manualupgrade", {"instanceIds": ["1"]}), poll_action("InProgress"), poll_action()
    )
    arm.upgrade_instances(SET, ["1"], follow=True).wait()
    wire.check()


def test_a_failing_poll_hides_the_signature(clock: Clock) -> None:
    down = requests.exceptions.ConnectionError(f"Max retries exceeded with url: {OPERATION}?t=1&c=secret")
    polls = [get(OPERATION, raises=down, query={"t": "1", "c": "secret"})] * 5
    arm, wire = connect(clock, action("manualupgrade", {"instanceIds": ["1"]}), *polls)
    with pytest.raises(ConnectionFailed) as caught:
        arm.upgrade_instances(SET, ["1"], follow=True).wait()
    assert "secret" not in str(caught.value)
    wire.check()


class _Stuck:
    def __init__(self) -> None:
        self.waited: list[float] = []

    def wait(self, timeout: float) -> None:
        self.waited.append(timeout)

    def done(self) -> bool:
        return False


def test_an_operation_that_does_not_end(clock: Clock) -> None:
    stuck = _Stuck()
    deadline = Deadline(60, monotonic=clock.monotonic, sleep=clock.sleep)
    deadline.sleep(20)
    with pytest.raises(WaitTimeout, match="upgrade web within 60 seconds"):
        _arm.Operation(stuck, "upgrade web", deadline, None).wait()
    assert stuck.waited == [40]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, None), ({"Retry-After": "17"}, 17), ({"Retry-After": "0.5"}, 0.5), ({"Retry-After": "soon"}, None)],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert _arm_retry.retry_after(headers) == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert _arm_retry.retry_after({"Retry-After": format_datetime(later, usegmt=True)}) == pytest.approx(90, abs=5)


@pytest.mark.parametrize(
    ("name", "library"),
    [("azure.identity", "azure-identity"), ("azure", "azure-mgmt-compute"), (None, "azure-mgmt-compute")],
)
def test_a_missing_library(monkeypatch: pytest.MonkeyPatch, clock: Clock, name: Any, library: str) -> None:
    monkeypatch.setattr(_arm_client, "MISSING", ImportError("no", name=name))
    with pytest.raises(MissingLibrary) as caught:
        connect(clock)
    assert caught.value.message == library
    assert "pip install" in caught.value.advice


def test_a_list_is_followed_from_page_to_page_and_asks_for_no_more(clock: Clock) -> None:
    alerts = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.AlertsManagement/alerts"
    query = {"targetResource": WEB, "monitorCondition": "Fired", "timeRange": "30d", "pageCount": "250"}
    more = f"https://management.azure.com{alerts}?page=2&api-version=2019-03-01"
    first = get(alerts, {"value": [{"name": "a"}], "nextLink": more}, query=query, api="2019-03-01")
    second = get(alerts, {"value": [{"name": "b"}]}, query={"page": "2"}, api="2019-03-01")
    arm, wire = connect(clock, first, second)
    assert [one["name"] for one in arm.fired_alerts(WEB)] == ["a", "b"]
    assert arm.server_time == "2026-11-22T10:15:00+00:00"
    wire.check()


def test_names_lead_nowhere_else(clock: Clock) -> None:
    path = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg%2F..%3Fx%23"
    arm, wire = connect(clock, get(path, {"name": "odd"}, api="2021-04-01"))
    assert arm.resource_group("rg/..?x#") == {"name": "odd"}
    wire.check()


def test_a_setting_is_written_as_a_whole(clock: Clock) -> None:
    path = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop/providers/Microsoft.Insights/autoscaleSettings/cpu"
    body = {"location": "westeurope", "properties": {"enabled": False, "unknown": None}}
    arm, wire = connect(clock, Exchange("PUT", path, body, sends=body, api="2022-10-01"))
    arm.put_autoscale_setting("rg-shop", "cpu", body)
    wire.check()
