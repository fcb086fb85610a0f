# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How to reach Azure: what the user set, and which login follows from it. Knows neither Ansible nor the Azure SDK."""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import CredentialError

SECRET = "client_secret"
WORKLOAD = "workload_identity"
MANAGED = "managed_identity"
CLI = "cli"

_WAYS = (
    "Give tenant, client_id and secret (or AZURE_TENANT, AZURE_CLIENT_ID and AZURE_SECRET), run 'az login', keep a "
    "profile in ~/.azure/credentials, or use a managed identity with auth_source: msi."
)
_MANAGED_IDENTITY_MARKS = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST")


@dataclass(frozen=True)
class Settings:
    """The options of the documentation fragment `azroll.vmss._azure`, by their names; None where not set."""

    subscription_id: str | None = None
    tenant: str | None = None
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    profile: str | None = None
    auth_source: str | None = None
    cloud_environment: str | None = None
    cert_validation_mode: str | None = None
    token_cache: str | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Settings:
        """From a module's or a plugin's options; others are passed over, empty ones count as not set."""
        return cls(**{one.name: options.get(one.name) or None for one in fields(cls)})


@dataclass(frozen=True)
class Login:
    """The one way in that was chosen, and the settings with which it goes."""

    method: str
    settings: Settings
    token_file: str | None = None

    @property
    def owner(self) -> tuple[str, ...]:
        """The words that distinguish it from other logins, none of which is a secret."""
        settings = self.settings
        return (self.method, settings.tenant or "", settings.client_id or "", settings.cloud_environment or "")


def choose_login(settings: Settings, environ: Mapping[str, str]) -> Login:
    """Which credentials are meant, by `auth_source`.

    `auto` takes the first of: the named profile, a client secret, a workload identity, the profile `default`, a managed
    identity if the environment announces one, the Azure CLI. Raises CredentialError where what was requested is not
    complete; half a service principal is an error and never a reason to try the next.
    """
    source = settings.auth_source or "auto"
    if source == "msi":
        return Login(MANAGED, settings)
    if source == "cli":
        return _cli(settings, environ)
    if source == "credential_file" or (source == "auto" and settings.profile):
        return _complete(_profile(settings, environ, settings.profile or "default"), environ)
    if settings.secret or environ.get("AZURE_FEDERATED_TOKEN_FILE") or source == "env":
        return _complete(settings, environ)
    if _credential_file(environ).is_file():
        return _complete(_profile(settings, environ, "default"), environ)
    if any(environ.get(mark) for mark in _MANAGED_IDENTITY_MARKS):
        return Login(MANAGED, settings)
    return _cli(settings, environ)


def _complete(settings: Settings, environ: Mapping[str, str]) -> Login:
    token_file = environ.get("AZURE_FEDERATED_TOKEN_FILE")
    needed = ["tenant", "client_id"] if token_file and not settings.secret else ["tenant", "client_id", "secret"]
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        raise CredentialError(f"The credentials lack {', '.join(missing)}", advice=_WAYS)
    return Login(SECRET, settings) if settings.secret else Login(WORKLOAD, settings, token_file)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or "~").expanduser() / ".azure"


def _credential_file(environ: Mapping[str, str]) -> Path:
    return _home(environ) / "credentials"


def _profile(settings: Settings, environ: Mapping[str, str], name: str) -> Settings:
    """The settings with those of the profile over them, as azure.azcollection reads it."""
    path = _credential_file(environ)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
    except OSError as exc:
        raise CredentialError(f"The credential file {path} cannot be read: {exc.strerror}", advice=_WAYS) from exc
    except configparser.Error as exc:
        raise CredentialError(
            f"The credential file {path} is not a valid ini file",
            advice="It needs sections like [default] with key = value.",
        ) from exc
    if name not in parser:
        known = ", ".join(parser.sections()) or "none"
        raise CredentialError(f"The credential file {path} has no profile {name!r}", advice=f"Profiles: {known}.")
    given = {one.name: parser[name].get(one.name) for one in fields(Settings) if one.name != "profile"}
    return replace(settings, **{key: value for key, value in given.items() if value})


def _cli(settings: Settings, environ: Mapping[str, str]) -> Login:
    return Login(CLI, replace(settings, subscription_id=settings.subscription_id or _cli_subscription(environ)))


def _cli_subscription(environ: Mapping[str, str]) -> str | None:
    """The subscription that the Azure CLI works with; its file begins with a byte order mark."""
    home = Path(environ["AZURE_CONFIG_DIR"]) if environ.get("AZURE_CONFIG_DIR") else _home(environ)
    try:
        profile = json.loads((home / "azureProfile.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    chosen = [one.get("id") for one in profile.get("subscriptions") or [] if one.get("isDefault")]
    return str(chosen[0]) if chosen else None
