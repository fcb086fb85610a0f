# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""How errors of the SDK are told apart, and what of their texts is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import CredentialUnavailableError

from ansible_collections.azroll.vmss.plugins.module_utils._azure.sdk_errors import speaking
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    BadInput,
    ConnectionFailed,
    CredentialError,
    NotFound,
    OperationFailed,
    Preempted,
    Rejected,
    ServiceError,
    Throttled,
    Unavailable,
    Untrusted,
    VmssError,
)
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import (
    LOGIN,
    login,
    refused_login,
    settings,
)
from ansible_collections.azroll.vmss.tests.unit.wire import Exchange, error, get

CONFIGURATION = "/t-1/v2.0/.well-known/openid-configuration"
NOT_TRUSTED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"


class Answer:
    """An answer of the service, as far as an error of the SDK carries it."""

    reason = "reason"

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.headers = {"x-ms-request-id": "r-1", **(headers or {})}
        self._body = body

    def text(self) -> str:
        if isinstance(self._body, Exception):
            raise self._body
        return self._body if isinstance(self._body, str) else json.dumps(self._body)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """The same, for the types of the SDK."""
    return Answer(status, body, headers)


def answered(status: int, body: Any = None, **headers: str) -> HttpResponseError:
    """The error of an answer; its headers have underscores for hyphens."""
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponseError(response=answer(status, body, found))


def caused(by: BaseException, caught: BaseException) -> BaseException:
    """The error as it is raised because of another one."""
    caught.__cause__ = by
    return caught


def translated(raised: BaseException, *, write: bool = False) -> VmssError:
    """What becomes of an error of the SDK."""
    with pytest.raises(VmssError) as caught, speaking("read the model", write=write):
        raise raised
    assert caught.value.__cause__ is raised
    assert caught.value.advice
    return caught.value


# Nobody answers


@pytest.mark.parametrize(
    "raised",
    [
        ServiceRequestError("Name or service not known"),
        ServiceResponseError("Connection reset by peer"),
        OSError("Connection reset by peer"),
        caused(ServiceRequestError("Name or service not known"), ClientAuthenticationError("Authentication failed")),
        caused(ServiceResponseError("Read timed out."), AzureError("It failed")),
        caused(OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /a"), AzureError("It")),
    ],
    ids=repr,
)
def test_where_nobody_answers_another_try_may_help(raised: BaseException) -> None:
    caught = translated(raised)
    assert caught.__class__ is ConnectionFailed
    assert caught.message.startswith("Could not read the model: no connection to Azure (")
    assert caught.attempted == "read the model"
    assert "HTTPS_PROXY" in caught.advice
    assert caught.transient


def test_an_error_inside_of_another_counts_however_deep_it_is_and_without_being_named_as_the_cause() -> None:
    between = ValueError("between")
    between.__context__ = ServiceRequestError("inside")
    assert isinstance(translated(caused(between, AzureError("outside"))), ConnectionFailed)


@pytest.mark.parametrize(
    "raised",
    [
        ServiceRequestError(NOT_TRUSTED),
        OSError(NOT_TRUSTED),
        caused(ServiceRequestError(NOT_TRUSTED), ClientAuthenticationError("Authentication failed")),
    ],
    ids=repr,
)
def test_a_certificate_that_nobody_trusts_is_not_trusted_the_next_time_either(raised: BaseException) -> None:
    caught = translated(raised)
    assert caught.__class__ is Untrusted
    assert "certificate is not trusted" in caught.message
    assert "REQUESTS_CA_BUNDLE" in caught.advice
    assert not caught.transient


# Who logs in


@pytest.mark.parametrize(
    "raised",
    [
        ClientAuthenticationError("AADSTS7000215: Invalid client secret provided."),
        ClientAuthenticationError(
            "AADSTS7000215: Invalid client secret provided.",
            response=answer(401, {"error": "invalid_client"}),
        ),
        CredentialUnavailableError("AADSTS7000215: Invalid client secret provided."),
    ],
)
def test_a_login_that_fails_does_so_in_the_words_of_the_login(raised: BaseException) -> None:
    caught = translated(raised)
    assert isinstance(caught, CredentialError)
    assert caught.message == "Could not log in to Azure: AADSTS7000215: Invalid client secret provided"
    assert "AZURE_SECRET" in caught.advice
    assert caught.attempted == "read the model"


def test_only_a_401_with_a_code_is_azures_own_and_anything_else_the_logins() -> None:
    caught = translated(ClientAuthenticationError("no", response=answer(400, error("invalid_client", "no"))))
    assert isinstance(caught, CredentialError)
    assert caught.message.startswith("Could not log in to Azure: ")


def test_a_token_that_azure_does_not_take_is_a_refusal_with_its_code() -> None:
    body = error("ExpiredAuthenticationToken", "The access token expiry UTC time is over.")
    raised = ClientAuthenticationError("(ExpiredAuthenticationToken)", response=answer(401, body))
    caught = translated(raised)
    assert isinstance(caught, CredentialError)
    assert caught.message.startswith("Could not read the model: ")
    assert caught.fault == ArmFault(401, "ExpiredAuthenticationToken", body["error"]["message"], request_id="r-1")


def test_a_credential_that_is_not_there_is_a_matter_of_credentials_although_nobody_answered() -> None:
    """A managed identity is looked for at an address where nobody listens on other machines."""
    nobody = ServiceRequestError("Connection refused")
    caught = translated(caused(nobody, CredentialUnavailableError("No managed identity endpoint found.")))
    assert isinstance(caught, CredentialError)
    assert "No managed identity endpoint found" in caught.message


# What Azure answers


def test_an_answer_that_cannot_be_read_is_not_repeated_in_the_message() -> None:
    raised = DecodeError(
        "JSON is invalid: Expecting value",
        response=answer(200, "<html>very long page</html>"),
    )
    caught = translated(raised)
    assert caught.__class__ is ServiceError
    assert (
        caught.message
        == "Could not read the model: Azure's answer could not be read (JSON is invalid: Expecting value)"
    )
    assert "page" not in str(caught)
    assert caught.fault == ArmFault(200, request_id="r-1")


def test_any_other_error_of_the_sdk_says_that_nothing_could_be_read() -> None:
    caught = translated(AzureError("Something new"))
    assert caught.__class__ is ServiceError
    assert caught.message == "Could not read the model: Azure's answer could not be read (Something new)"
    assert caught.fault.status is None


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"status": "Failed", **error("AllocationFailed", "No room.")}, OperationFailed, "AllocationFailed"),
        ({"status": "Failed", **error("OperationPreempted", "By another.")}, Preempted, "OperationPreempted"),
        ({"status": "Canceled"}, Preempted, "Canceled"),
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_a_good_answer_that_is_an_error_tells_of_an_operation(
    status: int, body: Any, kind: type[VmssError], code: str
) -> None:
    caught = translated(answered(status, body))
    assert caught.__class__ is kind
    assert caught.fault.code == code


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (answered(404, error("ResourceNotFound", "There is none.")), NotFound),
        (ResourceNotFoundError(response=answer(404, error("ResourceNotFound", "None."))), NotFound),
        (answered(400, error("BadRequest", "no")), ServiceError),
        (answered(503, "<html/>"), Unavailable),
    ],
)
def test_any_other_answer_is_a_refusal_with_the_id_of_the_request(raised: Any, kind: type[VmssError]) -> None:
    caught = translated(raised)
    assert caught.__class__ is kind
    assert (caught.fault.status, caught.fault.request_id) == (raised.response.status_code, "r-1")


def test_a_write_that_is_refused_has_merely_not_happened() -> None:
    refused = answered(400, error("SomethingNew", "no"))
    assert translated(refused, write=True).__class__ is Rejected
    assert translated(refused).__class__ is ServiceError


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry_After": "17"}, 17), ({}, None)])
def test_a_throttled_request_tells_how_long_azure_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    caught = translated(answered(429, error("OperationNotAllowed", "Too many."), **headers))
    assert isinstance(caught, Throttled)
    assert caught.retry_after == seconds


def test_an_answer_whose_body_is_lost_is_judged_by_its_status() -> None:
    caught = translated(answered(404, ServiceResponseError("Connection reset by peer")))
    assert caught.__class__ is NotFound
    assert caught.fault == ArmFault(404, request_id="r-1")


# What is shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Max retries exceeded with url: /a?t=1&c=signature (Caused by x)", "with url: /a?... (Caused by x)"),
        ("(url='https://a/b?c=signature')", "(url='https://a/b?...')"),
        ("one\n  two\ttrois", "(one two trois)"),
        ("It ended.", "(It ended)"),
        ("the token=signature was wrong", "the token=*** was wrong"),
        ("x" * 2000, f"({'x' * 1000})"),
    ],
)
def test_a_text_of_the_sdk_is_one_short_line_without_secrets(text: str, shown: str) -> None:
    caught = translated(ServiceRequestError(text))
    assert shown in caught.message
    assert "signature" not in str(caught)


@pytest.mark.parametrize(
    "raised", [KeyError("bug"), RuntimeError("bug"), BadInput("no"), KeyboardInterrupt()], ids=repr
)
def test_what_is_not_of_the_sdk_goes_through_as_it_is(raised: BaseException) -> None:
    with pytest.raises(type(raised)) as caught, speaking("read the model"):
        raise raised
    assert caught.value is raised


# As the login library raises them


def denied(body: Mapping[str, str], status: int = 401) -> list[Exchange]:
    configuration, token = login()
    token.body, token.status = body, status
    return [configuration, token]


@pytest.mark.usefixtures("bare")
def test_a_wrong_secret_in_the_words_of_the_login() -> None:
    body = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    caught = refused_login(settings(), *denied(body))
    assert isinstance(caught, CredentialError)
    assert "AADSTS7000215" in caught.message
    assert "AZURE_SECRET" in caught.advice


@pytest.mark.usefixtures("bare")
def test_a_tenant_that_does_not_exist() -> None:
    body = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 't-1' not found."}
    unknown = get(CONFIGURATION, body, status=400, api="", host=LOGIN)
    assert isinstance(refused_login(settings(), unknown), CredentialError)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "is not trusted"),
        (requests.exceptions.ConnectionError("Name or service not known"), "no connection to Azure"),
    ],
)
def test_a_login_that_nobody_answers_is_no_matter_of_credentials(broken: Exception, words: str) -> None:
    caught = refused_login(settings(), *[get(CONFIGURATION, raises=broken, api="", host=LOGIN)] * 4)
    assert isinstance(caught, ConnectionFailed)
    assert words in caught.message
    assert "REQUESTS_CA_BUNDLE" in caught.advice


@pytest.mark.usefixtures("bare")
def test_a_bundle_that_is_not_there() -> None:
    broken = OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /nowhere")
    caught = refused_login(settings(), get(CONFIGURATION, raises=broken, api="", host=LOGIN))
    assert isinstance(caught, ConnectionFailed)
    assert "/nowhere" in caught.message


@pytest.mark.usefixtures("bare")
def test_the_azure_cli_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    caught = refused_login(settings(auth_source="cli"))
    assert isinstance(caught, CredentialError)
    assert "az login" in caught.advice
