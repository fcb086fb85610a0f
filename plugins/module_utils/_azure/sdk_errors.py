# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: the SDK's errors, and Azure's refusals, as errors of the collection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import failed_operation, read_fault, refusal
from ansible_collections.azroll.vmss.plugins.module_utils._azure.retry import retry_after, untrusted
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    ConnectionFailed,
    CredentialError,
    ServiceError,
    Untrusted,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked

with suppress(ImportError):
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        DecodeError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )
    from azure.identity import CredentialUnavailableError

_QUERY = re.compile(r"\?[^\s'\")]+")


@contextmanager
def speaking(attempted: str, *, write: bool = False) -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except AzureError as exc:
        raise _error(exc, attempted, write) from exc
    except OSError as exc:
        raise (_no_file(exc) if exc.filename is not None else _no_connection(exc, attempted)) from exc


def _no_file(exc: OSError) -> CredentialError:
    """A file of the login that cannot be read, such as the token of a workload identity."""
    return CredentialError(
        f"Could not log in to Azure: {exc.filename} cannot be read ({exc.strerror})",
        advice="Check the files that the login names: AZURE_FEDERATED_TOKEN_FILE is that of a workload identity.",
    )


def _error(exc: AzureError, attempted: str, write: bool) -> VmssError:
    # A login that gets no answer comes wrapped as an authentication error.
    if not isinstance(exc, CredentialUnavailableError) and any(_unanswered(one) for one in _causes(exc)):
        return _no_connection(exc, attempted)
    fault = _fault(exc)
    if isinstance(exc, ClientAuthenticationError) and not (fault.status == 401 and fault.code):
        return CredentialError(
            f"Could not log in to Azure: {_plain(exc)}",
            advice="Check O(tenant), O(client_id) and O(secret) (AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET), that "
            "the secret has not expired, and O(cloud_environment); or log in with 'az login'.",
            attempted=attempted,
        )
    if isinstance(exc, DecodeError) or not isinstance(exc, HttpResponseError):
        return ServiceError(
            f"Could not {attempted}: Azure's answer could not be read ({_plain(exc)})",
            advice="Run again.",
            attempted=attempted,
            fault=fault,
        )
    if fault.status is not None and fault.status < 400:
        return failed_operation(fault, attempted)
    headers = getattr(exc.response, "headers", {})
    return refusal(fault, attempted, retry_after=retry_after(headers), write=write)


def _fault(exc: BaseException) -> ArmFault:
    response = getattr(exc, "response", None)
    if response is None:
        return ArmFault(message=_plain(exc))
    try:
        body = response.text()
    except AzureError:
        body = ""
    return read_fault(body, status=response.status_code, request_id=response.headers.get("x-ms-request-id"))


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _unanswered(exc: BaseException) -> bool:
    # requests raises a bare OSError where REQUESTS_CA_BUNDLE names no file.
    bundle = isinstance(exc, OSError) and "TLS CA certificate bundle" in str(exc)
    return bundle or isinstance(exc, (ServiceRequestError, ServiceResponseError))


def _no_connection(exc: BaseException, attempted: str) -> ConnectionFailed:
    if any(untrusted(one) for one in _causes(exc)):
        return Untrusted(
            f"Could not {attempted}: the server's TLS certificate is not trusted ({_plain(exc)})",
            advice="Where a private authority signed it (Azure Stack, a proxy), name its certificate file in the "
            "environment variable REQUESTS_CA_BUNDLE.",
            attempted=attempted,
        )
    return ConnectionFailed(
        f"Could not {attempted}: no connection to Azure ({_plain(exc)})",
        advice="Check the network, the name resolution, the proxy (HTTPS_PROXY), REQUESTS_CA_BUNDLE and "
        "O(cloud_environment).",
        attempted=attempted,
    )


def _plain(exc: BaseException) -> str:
    # As a text, an error of the SDK repeats the answer that it could not read: its message alone does not.
    text = str(exc.message if isinstance(exc, AzureError) else exc)
    # Addresses of operations are signed in their query: it never goes into a message.
    return masked(_QUERY.sub("?...", " ".join(text.split())))[:1000].rstrip(".")
