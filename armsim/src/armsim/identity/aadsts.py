# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Refusals of the identity platform, by AADSTS number. Numbers and texts are documented or reported by users."""

from __future__ import annotations


class LoginError(Exception):
    """A refusal: HTTP status, OAuth error, AADSTS number and text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.number = number


def tenant_not_found(tenant: str) -> LoginError:
    return LoginError(
        400,
        "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def missing_parameter(name: str) -> LoginError:
    return LoginError(
        400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
    )


def unsupported_grant_type(grant: str) -> LoginError:
    return LoginError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")


def application_not_found(client_id: str, directory: str) -> LoginError:
    return LoginError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{directory}'. This can happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )


def no_credential() -> LoginError:
    return LoginError(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def wrong_secret(client_id: str) -> LoginError:
    return LoginError(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'.",
    )


def invalid_scope(scope: str) -> LoginError:
    return LoginError(
        400,
        "invalid_scope",
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    )


def malformed_assertion() -> LoginError:
    return LoginError(401, "invalid_client", 50027, "JWT token is invalid or malformed.")


def assertion_signature() -> LoginError:
    return LoginError(
        401,
        "invalid_client",
        700027,
        "Client assertion failed signature validation. The key was not found.",
    )


def assertion_expired(now: str, start: str, end: str) -> LoginError:
    return LoginError(
        401,
        "invalid_client",
        700024,
        f"Client assertion is not within its valid time range. Current time: {now}, assertion valid from {start}, "
        f"expiry time of assertion {end}. Review the documentation at "
        "https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
    )


def no_federated_identity(number: int, part: str, value: str) -> LoginError:
    """``number`` is 700211 for the issuer, 700212 for the audience, 700213 for the subject."""
    return LoginError(
        401,
        "invalid_client",
        number,
        f"No matching federated identity record found for presented assertion {part} '{value}'. Check your federated "
        "identity credential Subject, Audience and Issuer against the presented assertion. "
        "https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
    )
