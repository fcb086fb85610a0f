# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What Azure might tell and nobody should see: in no output of any module, whatever it reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.azroll.vmss.tests.unit.answering import run_module
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.test_hostile_options import MODULES, NEEDED
from ansible_collections.azroll.vmss.tests.unit.wire import NEW_VERSION, OLD_VERSION, error, model, vm

PLANTED = "hush-hush"
PROFILE = {
    "osProfile": {
        "adminPassword": f"{PLANTED}-password",
        "customData": f"{PLANTED}-custom",
        "windowsConfiguration": {"additionalUnattendContent": [{"content": f"{PLANTED}-unattend"}]},
    },
    "userData": f"{PLANTED}-user",
}
EXTENSION = {
    "name": "script",
    "properties": {
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "settings": {"fileUris": [f"https://a.blob.core.windows.net/x/a.sh?sv=1&sig={PLANTED}-file&se=2"]},
        "protectedSettings": {"commandToExecute": f"{PLANTED}-command"},
        "protectedSettingsFromKeyVault": {"secretUrl": f"{PLANTED}-vault"},
    },
}
SIGNED = f"https://a.blob.core.windows.net/vhds/web.vhd?sp=r&sig={PLANTED}-image"


def answer(_method: str, address: str) -> tuple[int, str]:
    if "/virtualMachines" in address:
        entry = vm(0, failure="ProvisioningFailed", state="Failed")
        entry["properties"] |= PROFILE | {"extensions": [EXTENSION]}
        view = entry["properties"]["instanceView"]
        view["bootDiagnostics"] = {"serialConsoleLogBlobUri": SIGNED}
        view["statuses"][0]["message"] = f"could not fetch {SIGNED}"
        return 200, json.dumps({"value": [entry]})
    if "/versions" in address:
        return 200, json.dumps([{"name": version} for version in (OLD_VERSION, NEW_VERSION)])
    if address.partition("?")[0].endswith("/web"):
        body = model()
        profile = body["properties"]["virtualMachineProfile"]
        profile |= PROFILE
        profile["storageProfile"]["osDisk"] = {"image": {"uri": SIGNED}}
        profile["extensionProfile"]["extensions"].append(EXTENSION)
        return 200, json.dumps(body)
    return 403, json.dumps(error("AuthorizationFailed", f"No {SIGNED}"))


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("options", [{}, {"raw": True}, {"wait_for": "upgraded", "wait_timeout": 30}])
def test_no_module_shows_what_azure_tells_in_confidence(module: str, options: dict[str, Any]) -> None:
    if options and module != "vmss_instance_facts":
        options = {"_ansible_check_mode": True, "_ansible_diff": True}
    result, asked, printed = run_module(module, {**NEEDED.get(module, {}), **options}, answer)
    assert asked
    assert PLANTED not in printed
    assert "very-secret" not in printed
    assert result["msg"]


@pytest.mark.parametrize("module", ["vmss_image_update", "vmss_preflight"])
def test_a_signed_address_in_an_option_is_refused_and_not_shown(module: str) -> None:
    result, asked, printed = run_module(module, {"image": {"uri": SIGNED}}, answer)
    assert result["error"]["kind"] == "bad_input"
    assert asked == []
    assert PLANTED not in printed
