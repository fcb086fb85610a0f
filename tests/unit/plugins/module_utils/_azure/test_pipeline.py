# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Plain requests and their answers, lists over all their pages, names in addresses, and who logs in where."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure import pipeline
from ansible_collections.azroll.vmss.plugins.module_utils._azure.clouds import KNOWN_CLOUDS, Cloud
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import SECRET, Login
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import (
    LIST_ATTEMPTS,
    Client,
    find_cloud,
    make_credential,
    missing,
    resource_path,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ConnectionFailed,
    CredentialError,
    NotFound,
    Rejected,
    ServiceError,
    SubscriptionBlocked,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import (
    LOGIN,
    SET,
    connect,
    login,
    read_model,
    refused_login,
    settings,
)
from ansible_collections.azroll.vmss.tests.unit.wire import (
    HOST,
    SUBSCRIPTION_ID,
    WEB,
    Clock,
    Exchange,
    Token,
    Wire,
    action,
    error,
    get,
    model,
    poll_action,
)

PUBLIC_CLOUD = KNOWN_CLOUDS["AzureCloud"]
API = "2020-01-01"
THINGS = "/subscriptions/s/things"
STALE = error("InvalidParameter", "The token is too old.", target="$skipToken")
STACK = "https://management.stack.example"
STACK_LOGIN = "https://login.stack.example"
AUDIENCE = f"{STACK}/audience"
ONE = {"instanceIds": ["1"]}


class Played:
    """A client by itself, the wire whose script it has to play, and the answers that it has noted."""

    def __init__(
        self, clock: Clock, *script: Exchange, seconds: float = 600, cloud: Cloud = PUBLIC_CLOUD, grace: float = 0
    ) -> None:
        self.wire = Wire(script, clock)
        self.deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
        self.deadline.list_grace = grace
        self.noted: list[Any] = []
        self.client = Client(Token(), cloud, self.deadline, {"transport": self.wire}, self.noted.append)

    def get(self, **more: Any) -> Any:
        """Read the things, by whatever the wire has for it."""
        try:
            return self.client.get(THINGS, API, "read the things", **more)
        finally:
            self.wire.check()

    def entries(self) -> list[dict[str, Any]]:
        try:
            return self.client.entries(THINGS, API, "list the things", {"$filter": "a b"})
        finally:
            self.wire.check()

    def put(self, body: Mapping[str, Any]) -> Any:
        try:
            return self.client.put(THINGS, API, "write the things", body)
        finally:
            self.wire.check()

    def refused(self, **more: Any) -> VmssError:
        with pytest.raises(VmssError) as caught:
            self.get(**more)
        return caught.value


def get_things(body: Any, **more: Any) -> Exchange:
    return get(THINGS, body, api=API, **more)


def page(number: int, *, last: bool = False, **more: Any) -> Exchange:
    """A page of the list, the first as it is asked for, any other as the one before says."""
    query = {"$filter": "a b"} if number == 1 else {"page": str(number)}
    following = {} if last else {"nextLink": f"{HOST}{THINGS}?page={number + 1}&api-version={API}"}
    return get_things(more.pop("body", {"value": [{"name": f"{number}"}], **following}), query=query, **more)


# Requests


@pytest.mark.parametrize("address", ["https://management.azure.com", "https://management.azure.com/"])
def test_a_request_goes_to_the_clouds_resource_manager_with_a_token(clock: Clock, address: str) -> None:
    played = Played(clock, get_things({"a": 1}), cloud=Cloud(address, LOGIN, HOST))
    assert played.get() == {"a": 1}
    headers = played.noted[0].request.headers
    assert headers["Authorization"] == "Bearer token"
    assert headers["Accept"] == "application/json"
    assert "azroll.vmss" in headers["User-Agent"]
    assert headers["x-ms-client-request-id"]


def test_values_in_a_query_arrive_as_they_were_given(clock: Clock) -> None:
    query = {"$filter": "'virtualMachineScaleSet/id' eq '/a?b&c=d#e%2f'", "targetResource": "ü + 1"}
    assert Played(clock, get_things({}, query=query)).get(query=query) == {}


def test_every_answer_is_noted_and_a_refusal_as_well(clock: Clock) -> None:
    played = Played(clock, get_things(error("ResourceNotFound", "There is none."), status=404), get_things({}))
    with pytest.raises(NotFound):
        played.client.get(THINGS, API, "read the things")
    played.get()
    assert [answer.status_code for answer in played.noted] == [404, 200]


def test_nothing_is_registered_on_the_users_behalf(clock: Clock) -> None:
    body = error("MissingSubscriptionRegistration", "The subscription is not registered.")
    assert isinstance(Played(clock, get_things(body, status=409)).refused(), SubscriptionBlocked)
    arm, wire = connect(clock, action("manualupgrade", ONE, status=409, body=body))
    with arm._deadline.decision(), pytest.raises(SubscriptionBlocked):
        arm.upgrade_instances(SET, ["1"], follow=False)
    wire.check()


# Answers


@pytest.mark.parametrize("body", ['{"id": ', "", "<html/>", "[" * 100_000])
def test_an_answer_that_is_not_json_is_not_repeated(clock: Clock, body: str) -> None:
    caught = Played(clock, get_things(body)).refused()
    assert caught.__class__ is ServiceError
    assert caught.message.startswith("Could not read the things: Azure's answer could not be read (")
    assert "<html" not in str(caught)


@pytest.mark.parametrize(
    ("body", "more", "part"),
    [
        ([], {}, "it is not an object"),
        ("null", {}, "it is not an object"),
        ({"properties": 7}, {}, "properties is not an object"),
        ({"value": []}, {"bare_list": True}, "it is not a list"),
        ([7], {"bare_list": True}, "entry 0 of the list is not an object"),
    ],
)
def test_an_answer_of_another_shape_is_an_error_that_names_the_part(
    clock: Clock, body: Any, more: dict[str, Any], part: str
) -> None:
    caught = Played(clock, get_things(body)).refused(**more)
    assert caught.__class__ is ServiceError
    assert caught.message == f"Could not read the things: Azure's answer could not be read ({part})"
    assert caught.attempted == "read the things"


def test_a_bare_list_is_read_only_where_one_is_expected(clock: Clock) -> None:
    assert Played(clock, get_things([{"name": "a"}])).get(bare_list=True) == [{"name": "a"}]


# Writes


def test_a_write_sends_all_that_it_is_given_and_returns_what_is_there_then(clock: Clock) -> None:
    body = {"properties": {"enabled": False, "unknown": None}}
    played = Played(clock, Exchange("PUT", THINGS, {"name": "written"}, sends=body, api=API))
    with played.deadline.decision():
        assert played.put(body) == {"name": "written"}
    assert len(played.noted) == 1


def test_a_write_outside_of_a_decision_is_never_sent(clock: Clock) -> None:
    with pytest.raises(RuntimeError, match="without a decision"):
        Played(clock).put({})


def test_a_write_is_not_repeated_and_a_refused_one_has_merely_not_happened(clock: Clock) -> None:
    busy = Played(clock, Exchange("PUT", THINGS, "", status=503, api=API))
    with busy.deadline.decision(), pytest.raises(Unavailable):
        busy.put({})
    refused = Played(clock, Exchange("PUT", THINGS, error("SomethingNew", "no"), status=400, api=API))
    with refused.deadline.decision(), pytest.raises(Rejected):
        refused.put({})
    assert clock.sleeps == []


# Lists


def test_a_list_is_followed_from_page_to_page_by_the_addresses_that_azure_gives(clock: Clock) -> None:
    played = Played(clock, page(1), page(2), page(3, last=True))
    assert played.entries() == [{"name": "1"}, {"name": "2"}, {"name": "3"}]
    assert played.client.pages == 3


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": [], "nextLink": ""}, {"value": [], "nextLink": None}])
def test_a_list_may_be_empty(clock: Clock, body: Any) -> None:
    assert Played(clock, page(1, body=body)).entries() == []


def test_only_the_pages_of_the_last_list_are_counted(clock: Clock) -> None:
    played = Played(clock, page(1), page(2, last=True), page(1, last=True))
    played.client.entries(THINGS, API, "list the things", {"$filter": "a b"})
    played.entries()
    assert played.client.pages == 1


def test_a_list_whose_page_went_stale_starts_over_and_has_no_entry_twice(clock: Clock) -> None:
    stale = page(2, body=STALE, status=400)
    played = Played(clock, page(1), stale, page(1), page(2, last=True))
    assert played.entries() == [{"name": "1"}, {"name": "2"}]
    assert played.client.pages == 2


def test_a_list_that_goes_stale_each_time_is_given_up(clock: Clock) -> None:
    played = Played(clock, *[page(1), page(2, body=STALE, status=400)] * LIST_ATTEMPTS)
    with pytest.raises(ServiceError) as caught:
        played.entries()
    assert caught.value.fault.target == "$skipToken"
    assert caught.value.attempted == "list the things"


def test_a_list_that_is_refused_for_another_reason_does_not_start_over(clock: Clock) -> None:
    other = error("InvalidParameter", "no", target="$filter")
    with pytest.raises(ServiceError):
        Played(clock, page(1), page(2, body=other, status=400)).entries()


def test_a_page_that_is_no_list_is_an_error(clock: Clock) -> None:
    with pytest.raises(ServiceError, match="value is not a list"):
        Played(clock, page(1), page(2, body={"value": {}})).entries()


@pytest.mark.parametrize(("number", "grace", "enough"), [(2, 300, True), (2, 0, False), (1, 300, False)])
def test_only_the_further_pages_of_a_list_may_come_after_the_deadline(
    clock: Clock, number: int, grace: float, enough: bool
) -> None:
    """A list of many pages costs all of them again, where it is given up near its end."""
    before = [page(one) for one in range(1, number)]
    busy = [page(number, body="", status=503)] * 2
    played = Played(clock, *before, *busy, *([page(number, last=True)] if enough else []), seconds=1, grace=grace)
    if enough:
        assert [one["name"] for one in played.entries()] == ["1", "2"]
    else:
        with pytest.raises(Unavailable):
            played.entries()
    assert clock.sleeps == ([0.8, 1.6] if enough else [0.8])
    assert played.deadline.remaining() == pytest.approx(max(1 - sum(clock.sleeps), 0))


# Long-running operations


@pytest.mark.parametrize(("headers", "pause"), [({}, 5), ({"Retry-After": "17"}, 17)])
def test_an_operation_is_polled_every_five_seconds_unless_azure_says_otherwise(
    clock: Clock, headers: dict[str, str], pause: float
) -> None:
    polls = [get(one.path, one.body, query=one.query, headers=headers) for one in [poll_action("InProgress")] * 2]
    arm, wire = connect(clock, action("manualupgrade", ONE), *polls, poll_action())
    with arm._deadline.decision():
        begun = arm.upgrade_instances(SET, ["1"], follow=True)
    begun.wait()
    assert clock.sleeps[-2:] == [pause, pause]
    wire.check()


def test_polls_are_none_of_the_reads_of_a_decision(clock: Clock) -> None:
    """Throttled ones are waited out, although the decision grows old meanwhile."""
    throttled = poll_action("InProgress")
    throttled.status, throttled.headers = 429, {"Retry-After": "30"}
    arm, wire = connect(clock, action("manualupgrade", ONE), throttled, poll_action())
    with arm._deadline.decision():
        arm.upgrade_instances(SET, ["1"], follow=True).wait()
    assert 30 in clock.sleeps
    wire.check()


class Closing(Wire):
    """A wire that counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1
        super().close()


@pytest.mark.parametrize(("writes", "closed"), [(False, 1), (True, 2)])
def test_the_connections_of_reads_and_of_writes_are_closed(clock: Clock, writes: bool, closed: int) -> None:
    wire, deadline = Closing([], clock), Deadline(60, monotonic=clock.monotonic, sleep=clock.sleep)
    client = Client(Token(), PUBLIC_CLOUD, deadline, {"transport": wire}, lambda _answer: None)
    if writes:
        assert client.compute(SUBSCRIPTION_ID) is client.compute(SUBSCRIPTION_ID)
    client.close()
    assert wire.closed == closed


# The libraries


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("azure.identity", "azure-identity"),
        ("msal", "azure-identity"),
        ("azure", "azure-mgmt-compute"),
        ("azure.mgmt.compute", "azure-mgmt-compute"),
        (None, "azure-mgmt-compute"),
    ],
)
def test_a_missing_library_is_named_with_how_to_install_it(name: str | None, library: str) -> None:
    caught = missing(ImportError("no", name=name))
    assert caught.message == library
    assert "pip install" in caught.advice
    assert library in caught.advice


def test_reads_do_without_the_models_of_the_sdk() -> None:
    """They take longer to import than everything else together, in every module call."""
    collections = Path(pipeline.__file__).parents[6]
    program = (
        f"import sys; sys.path.insert(0, {str(collections)!r}); import {pipeline.__name__};"
        "print(*(name in sys.modules for name in ('azure.core', 'azure.mgmt.compute')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["True", "False"], ran.stderr


# Names in addresses


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
@example(["a/b", "../c", "d?e#f"])
@example(["a", ".."])
def test_each_name_is_one_part_of_a_path_or_refused(parts: list[str]) -> None:
    if any(not part.strip(".") for part in parts):
        with pytest.raises(BadInput, match="not a valid name"):
            resource_path(*parts)
    else:
        path = resource_path(*parts)
        assert [unquote(part) for part in path.split("/")] == ["", *parts]
        assert not set(path) & set("?#&\\ \n")


@pytest.mark.parametrize("part", ["", ".", "..", "..."])
def test_a_name_that_leads_elsewhere_is_refused(part: str) -> None:
    with pytest.raises(BadInput, match="not a valid name"):
        resource_path("subscriptions", part, "web")


# Who logs in where


@pytest.mark.usefixtures("bare")
def test_a_service_principal_logs_in() -> None:
    read_model(settings(), *login(), get(WEB, model()))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("name", "authority", "host"),
    [
        ("AzureUSGovernment", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net"),
        ("azurechinacloud", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
    ],
)
def test_sovereign_clouds(name: str, authority: str, host: str) -> None:
    script = [*login(authority, scope=f"{host}/.default"), get(WEB, model(), host=host)]
    read_model(settings(cloud_environment=name), *script)


def entry(**more: Any) -> dict[str, Any]:
    """How a private cloud describes itself."""
    authentication = {"loginEndpoint": f"{STACK_LOGIN}/", "audiences": [AUDIENCE], **more}
    return {"name": "Stack", "resourceManager": f"{STACK}/", "authentication": authentication}


PUBLIC = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {"loginEndpoint": LOGIN, "audiences": ["https://management.azure.com"]},
}


def get_metadata(body: Any, version: str = "2015-01-01", **more: Any) -> Exchange:
    return get("/metadata/endpoints", body, host=STACK, api=version, **more)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("address", "version", "document"),
    [
        (STACK, "2015-01-01", {"authentication": entry()["authentication"], "galleryEndpoint": "https://gallery"}),
        (f"{STACK}/metadata/endpoints?api-version=2020-06-01", "2020-06-01", [PUBLIC, entry()]),
        (f"{STACK}/metadata/endpoints?api-version=2022-09-01", "2022-09-01", entry()),
    ],
)
def test_a_private_cloud_describes_itself_and_nobody_else_is_asked(address: str, version: str, document: Any) -> None:
    script = [*login(STACK_LOGIN, scope=f"{AUDIENCE}/.default"), get(WEB, model(), host=STACK)]
    read_model(settings(cloud_environment=address), get_metadata(document, version), *script)


@pytest.mark.usefixtures("bare")
def test_a_private_cloud_with_ad_fs() -> None:
    document = entry(loginEndpoint=f"{STACK_LOGIN}/adfs", identityProvider="ADFS")
    script = [*login(STACK_LOGIN, "adfs", f"{AUDIENCE}/.default"), get(WEB, model(), host=STACK)]
    read_model(settings(cloud_environment=STACK, tenant="whatever"), get_metadata(document), *script)


def found(clock: Clock, name: str, *script: Exchange) -> Cloud:
    """The cloud of that name; the script has to be played whole."""
    wire = Wire(script, clock)
    try:
        return find_cloud(name, Deadline(60, monotonic=clock.monotonic, sleep=clock.sleep), {"transport": wire})
    finally:
        wire.check()


def test_a_known_cloud_is_not_asked(clock: Clock) -> None:
    assert found(clock, "azurecloud") == PUBLIC_CLOUD


def test_a_private_cloud_is_asked_again_while_it_does_not_answer(clock: Clock) -> None:
    cloud = found(clock, STACK, get_metadata("", status=503), get_metadata(entry()))
    assert cloud == Cloud(STACK, STACK_LOGIN, AUDIENCE)
    assert clock.sleeps == [0.8]


def test_a_private_cloud_that_knows_no_metadata_is_an_error_with_the_address(clock: Clock) -> None:
    with pytest.raises(NotFound, match=f"read the cloud's metadata from {STACK}/metadata/endpoints"):
        found(clock, STACK, get_metadata("", status=404))


@pytest.mark.parametrize(
    "answer", [{}, [], "<html/>", {"authentication": {"loginEndpoint": "http://x", "audiences": ["y"]}}]
)
def test_an_address_that_describes_no_cloud(clock: Clock, answer: Any) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        found(clock, STACK, get_metadata(answer))
    assert "cloud_environment" in caught.value.advice


@pytest.mark.parametrize("name", ["AzureStack", "http://management.stack.example", "https://"])
def test_a_cloud_that_cannot_be_meant(clock: Clock, name: str) -> None:
    with pytest.raises(BadInput):
        found(clock, name)


@pytest.mark.usefixtures("bare")
def test_a_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    token = get(
        "/token",
        {"access_token": "a", "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"},
        api="2019-08-01",
        host="https://identity.example",
        query={"resource": "https://management.azure.com", "client_id": "app"},
    )
    read_model(settings(secret=None, auth_source="msi"), token, get(WEB, model()))


@pytest.mark.usefixtures("bare")
def test_a_workload_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("assertion")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    read_model(settings(secret=None), login()[1], get(WEB, model()))


@pytest.mark.usefixtures("bare")
def test_a_workload_identity_whose_token_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    refused = refused_login(settings(secret=None))
    assert isinstance(refused, CredentialError)
    assert str(tmp_path / "token") in refused.message
    assert "AZURE_FEDERATED_TOKEN_FILE" in refused.advice


@pytest.mark.parametrize("wrong", [{"tenant": "no tenant"}, {"tenant": None}, {"client_id": None}])
def test_credentials_that_the_login_library_refuses_show_no_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(CredentialError, match="The credentials cannot be used") as caught:
        make_credential(Login(SECRET, settings(**wrong)), PUBLIC_CLOUD, {})
    assert "very-secret" not in str(caught.value)


@pytest.mark.usefixtures("bare")
def test_a_tenant_that_cannot_be_one_is_never_asked() -> None:
    assert isinstance(refused_login(settings(tenant="no tenant")), CredentialError)
