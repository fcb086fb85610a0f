# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client, pipeline, retry
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import FRESH, FRESH_PER_PAGE, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    Conflict,
    ConnectionFailed,
    CredentialError,
    MissingLibrary,
    NotFound,
    Outdated,
    ServiceError,
    Throttled,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import (
    SET,
    SETTINGS,
    connect,
    refused_login,
    settings,
)
from ansible_collections.azroll.vmss.tests.unit.wire import (
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
)


@contextmanager
def deciding(clock: Clock, *script: Exchange, seconds: float = 600) -> Iterator[tuple[client.Arm, Deadline]]:
    """A wire in the middle of a decision, which has to play the whole script."""
    wire = Wire(script, clock)
    deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
    with deadline.decision():
        arm = client.connect(choose_login(SETTINGS, {}), deadline, credential=Token(), transport=wire)
        yield arm, deadline
    wire.check()


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


ONE = {"instanceIds": ["1"]}
READ_TIMEOUT = requests.exceptions.ReadTimeout("Read timed out.")


@pytest.mark.parametrize(
    "answer",
    [
        action("manualupgrade", ONE, raises=READ_TIMEOUT),
        action("manualupgrade", ONE, raises=requests.exceptions.ConnectionError("Connection reset by peer")),
        action("manualupgrade", ONE, body="{}", cut=True),
        action("manualupgrade", ONE, status=500),
        action("manualupgrade", ONE, status=503, headers={"Retry-After": "1"}),
        action("manualupgrade", ONE, status=408),
    ],
)
def test_a_write_that_may_have_been_received_is_never_repeated(clock: Clock, answer: Exchange) -> None:
    with deciding(clock, answer) as (arm, _deadline), pytest.raises(VmssError) as caught:
        arm.upgrade_instances(SET, ["1"], follow=False)
    assert caught.value.unanswered
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 429])
def test_a_refusal_says_that_nothing_was_done(clock: Clock, status: int) -> None:
    refusal = action("manualupgrade", ONE, status=status, body=error("No", "no"), headers={"Retry-After": "30"})
    with deciding(clock, refusal) as (arm, _deadline), pytest.raises(VmssError) as caught:
        arm.upgrade_instances(SET, ["1"], follow=False)
    assert not caught.value.unanswered
    assert clock.sleeps == []


def test_a_write_whose_token_has_expired_is_sent_once_more(clock: Clock) -> None:
    expired = action("manualupgrade", ONE, body=error("ExpiredAuthenticationToken", "expired"), status=401)
    with deciding(clock, expired, action("manualupgrade", ONE)) as (arm, _deadline):
        arm.upgrade_instances(SET, ["1"], follow=False)


class SlowToken(Token):
    """A login that takes its time."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        self._clock.now += self._seconds
        return super().get_token(*scopes, **more)


@pytest.mark.parametrize(
    "write",
    [
        lambda arm: arm.upgrade_instances(SET, ["1"], follow=False),
        lambda arm: arm.put_autoscale_setting("rg-shop", "cpu", {}),
    ],
)
def test_a_login_that_takes_too_long_leaves_nothing_fresh_enough_to_write(
    clock: Clock, write: Callable[[client.Arm], object]
) -> None:
    wire = Wire([], clock)
    deadline = Deadline(600, monotonic=clock.monotonic, sleep=clock.sleep)
    arm = client.connect(choose_login(SETTINGS, {}), deadline, credential=SlowToken(clock, 40), transport=wire)
    with deadline.decision(), pytest.raises(Outdated, match="Nothing was sent") as caught:
        write(arm)
    assert not caught.value.unanswered
    wire.check()


def test_a_write_outside_of_a_decision_is_an_error_of_the_program(clock: Clock) -> None:
    arm, wire = connect(clock)
    with pytest.raises(RuntimeError, match="without a decision"):
        arm.upgrade_instances(SET, ["1"], follow=False)
    wire.check()


def test_the_reads_of_a_decision_wait_for_nothing(clock: Clock) -> None:
    throttled = get(WEB, error("OperationNotAllowed", "too many"), status=429, headers={"Retry-After": "1"})
    with deciding(clock, throttled) as (arm, _deadline), pytest.raises(Throttled):
        arm.get_scale_set("rg-shop", "web")
    busy = get(WEB, "", status=503)
    with deciding(clock, *[busy] * 4) as (arm, _deadline), pytest.raises(Unavailable):
        arm.get_scale_set("rg-shop", "web")
    assert sum(clock.sleeps) < FRESH


def test_a_decision_that_is_too_old_reads_no_further(clock: Clock) -> None:
    with deciding(clock, get_model()) as (arm, _deadline):
        scale_set = arm.get_scale_set("rg-shop", "web")
        clock.now += FRESH
        with pytest.raises(Outdated):
            arm.list_instances(scale_set)


def test_each_page_of_a_list_may_take_its_time(clock: Clock) -> None:
    more = f"https://management.azure.com{WEB}/virtualMachines?page=2&api-version=2024-07-01"
    pages = [
        get(f"{WEB}/virtualMachines", {"value": [], "nextLink": more}, query={"$expand": "instanceView"}),
        get(f"{WEB}/virtualMachines", {"value": []}, query={"page": "2"}),
    ]
    with deciding(clock, *pages) as (arm, deadline):
        arm.list_instances(SET)
        assert deadline.fresh() == FRESH + FRESH_PER_PAGE


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
    with (
        deciding(clock, Exchange("PATCH", WEB, body, status=412)) as (arm, _deadline),
        pytest.raises(Conflict),
    ):
        arm.patch_scale_set(SET, {"properties": {}})


def test_the_time_is_the_services(clock: Clock) -> None:
    with deciding(clock, get_instances(), action("manualupgrade", ONE)) as (arm, _deadline):
        assert arm.server_time is None
        arm.list_instances(SET)
        assert arm.server_time == "2026-11-22T10:15:00+00:00"
        assert arm.upgrade_instances(SET, ["1"], follow=False).started_at == "2026-11-22T10:15:00+00:00"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, None), ({"Retry-After": "17"}, 17), ({"Retry-After": "0.5"}, 0.5), ({"Retry-After": "soon"}, None)],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry.retry_after(headers) == seconds


def test_retry_after_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert retry.retry_after({"Retry-After": format_datetime(later, usegmt=True)}) == pytest.approx(90, abs=5)


def test_without_the_libraries_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(pipeline, "MISSING", ImportError("no", name="azure.identity"))
    with pytest.raises(MissingLibrary, match="azure-identity"):
        connect(clock)


def test_without_a_subscription_nothing_is_asked() -> None:
    caught = refused_login(settings(subscription_id=None))
    assert isinstance(caught, CredentialError)
    assert "AZURE_SUBSCRIPTION_ID" in caught.advice


def test_a_setting_is_written_as_a_whole(clock: Clock) -> None:
    path = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop/providers/Microsoft.Insights/autoscaleSettings/cpu"
    body = {"location": "westeurope", "properties": {"enabled": False, "unknown": None}}
    with deciding(clock, Exchange("PUT", path, body, sends=body, api="2022-10-01")) as (arm, _deadline):
        arm.put_autoscale_setting("rg-shop", "cpu", body)
