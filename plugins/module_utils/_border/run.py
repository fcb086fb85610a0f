# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The border to Ansible: the argument specification, and the one place where errors become `fail_json`."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, RequestT, ResultT, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import MissingLibrary, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import LAYER_VARIABLE, MODULE, worded
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import OPTION_FIELDS
from ansible_collections.azroll.vmss.plugins.module_utils._options.module_options import check_options, signatures_in

Spec = dict[str, dict[str, Any]]


def _azure(*variables: str, **more: Any) -> dict[str, Any]:
    return {"type": "str", "fallback": (env_fallback, list(variables)), **more}


AZURE_SPEC: Spec = {
    "subscription_id": _azure("AZURE_SUBSCRIPTION_ID"),
    "tenant": _azure("AZURE_TENANT", "AZURE_TENANT_ID"),
    "client_id": _azure("AZURE_CLIENT_ID"),
    "secret": _azure("AZURE_SECRET", "AZURE_CLIENT_SECRET", no_log=True),
    "profile": _azure("AZURE_PROFILE"),
    "auth_source": _azure("ANSIBLE_AZURE_AUTH_SOURCE", choices=["auto", "cli", "credential_file", "env", "msi"]),
    "cloud_environment": _azure("AZURE_CLOUD_ENVIRONMENT"),
    "cert_validation_mode": _azure("AZURE_CERT_VALIDATION_MODE", choices=["ignore", "validate"]),
    "token_cache": {"type": "path", "no_log": False},
}
SCALE_SET_SPEC: Spec = {
    "resource_group": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}
# In seconds: for all that a call does, but for modules that wait for more.
TIME_SPEC: Spec = {"wait_timeout": {"type": "int", "default": 600}}
IMAGE_OPTIONS: Spec = {name: {"type": "str"} for name in OPTION_FIELDS}


def module_spec(options: Mapping[str, dict[str, Any]]) -> Spec:
    """The options of a module that works on one scale set, with those common to all."""
    return {**AZURE_SPEC, **SCALE_SET_SPEC, **TIME_SPEC, **options}


def run_module(module: AnsibleModule, work: Work[RequestT, ResultT]) -> None:
    """Do the work and end the module. Every outcome has the keys of the work's result, and `error`."""
    # The SDK takes half a second to import: not before the options are known to be right.
    from ansible_collections.azroll.vmss.plugins.module_utils._azure import client

    known, error = work.result(), None
    deadline = Deadline(module.params["wait_timeout"])
    layer = os.environ.get(LAYER_VARIABLE, MODULE)
    # A signature in an address is a secret that came to the wrong place: not even the invocation shows it.
    module.no_log_values |= signatures_in(module.params)
    try:
        check_options(module.params)
        login = choose_login(Settings.from_options(module.params), os.environ)
        # Ansible knows the secret of an option or of the environment, but not the one that a credential file holds.
        module.no_log_values |= _spellings(login.settings.secret)
        arm = client.connect(login, deadline)
        try:
            call = Call(arm, deadline, module.check_mode, lambda text: module.warn(worded(text, layer)))
            work.carry_out(call, module.params, known)
        finally:
            arm.close()
    except MissingLibrary as missing:
        error = missing.to_dict(layer)
        known.msg = f"{missing_required_lib(missing.message)}. {missing.advice}"
    except VmssError as trouble:
        error = trouble.to_dict(layer)
        known.msg = trouble.describe(layer)
    result = {**known.to_dict(), "error": error}
    result |= {name: _worded(result[name], layer) for name in ("msg", "lines", "findings") if name in result}
    # At its end, the interpreter would look for garbage among all classes of the SDK: a third of what a call takes.
    gc.freeze()
    # Out here there is no exception for Ansible to add a traceback of.
    if error:
        module.fail_json(**result)
    module.exit_json(**result)


def _worded(value: Any, layer: str) -> Any:
    """Messages for people, wherever they are in a part of the result, with the options of the layer."""
    if isinstance(value, str):
        return worded(value, layer)
    if isinstance(value, Mapping):
        return {name: _worded(one, layer) for name, one in value.items()}
    return [_worded(one, layer) for one in value] if isinstance(value, list) else value


def _spellings(secret: str | None) -> set[str]:
    """A secret as it is, and as it goes into the form of a login."""
    return {secret, quote(secret, safe=""), quote_plus(secret)} if secret else set()
