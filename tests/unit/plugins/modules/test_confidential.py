# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What Azure might tell and nobody should see: in no output of any module, whatever it reads and however it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from ansible_collections.azroll.vmss.tests.unit.answering import Answer, run_module
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.test_hostile_options import MODULES, NEEDED
from ansible_collections.azroll.vmss.tests.unit.wire import NEW_VERSION, OLD_VERSION, SUBSCRIPTION_ID, error, model, vm

PLANTED = "hush-hush"
# As they come from the identity platform.
TOKEN = f"eyJ{PLANTED}.{PLANTED}.{PLANTED}"
FROM_FILE = f"{PLANTED} &+/secret"
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
        "settings": {
            "fileUris": [f"https://a.blob.core.windows.net/x/a.sh?sv=1&sig={PLANTED}-file&se=2"],
            "commandToExecute": f"setup --password={PLANTED} --token '{PLANTED} too' --verbose",
            "storageAccountKey": f"{PLANTED}-key",
            "connectionString": f"AccountName=a;AccountKey={PLANTED}-key",
            "login": {"clientSecret": f"{PLANTED}-client", "tokens": [f"{PLANTED}-token"], "pat": TOKEN},
        },
        "protectedSettings": {"commandToExecute": f"{PLANTED}-command"},
        "protectedSettingsFromKeyVault": {"secretUrl": f"{PLANTED}-vault"},
    },
}
SIGNED = f"https://a.blob.core.windows.net/vhds/web.vhd?sp=r&sig={PLANTED}-image"


def full_model() -> dict[str, Any]:
    body = model()
    profile = body["properties"]["virtualMachineProfile"]
    profile |= PROFILE
    profile["storageProfile"]["osDisk"] = {"image": {"uri": SIGNED}}
    profile["extensionProfile"]["extensions"].append(EXTENSION)
    return {**body, "tags": {"team": "shop", "password": f"{PLANTED}-tag"}}


# A service, or a proxy before it, that repeats all it was sent and all it knows.
REQUEST = f"PATCH /web HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\nclient_secret={quote_plus(FROM_FILE)}&x=1"
REPEATED = f"{REQUEST} {json.dumps(PROFILE)} {SIGNED} {json.dumps(json.dumps(PROFILE))} {json.dumps(EXTENSION)}"
FAILURES = {
    "forbidden": (403, json.dumps(error("AuthorizationFailed", REPEATED))),
    "refused": (400, json.dumps(error("InvalidParameter", REPEATED))),
    "broken": (500, json.dumps(error("InternalServerError", REPEATED))),
    "throttled": (429, json.dumps(error("TooManyRequests", REPEATED))),
    "page": (502, f"<html><body>{REPEATED}</body></html>"),
    "page instead of an answer": (200, f"<html><body>{REPEATED}</body></html>"),
    "half an answer": (200, json.dumps(full_model())[:-20]),
    "strange answer": (200, json.dumps([full_model()])),
}


def answer(_method: str, address: str) -> tuple[int, str]:
    if "/virtualMachines" in address:
        entry = vm(0, failure="ProvisioningFailed", state="Failed")
        entry["properties"] |= PROFILE | {"extensions": [EXTENSION]}
        view = entry["properties"]["instanceView"]
        view["bootDiagnostics"] = {"serialConsoleLogBlobUri": SIGNED}
        view["statuses"][0]["message"] = f"could not fetch {SIGNED}: {REPEATED}"
        view["extensions"] = [
            {"name": "script", "statuses": [{"code": "ProvisioningState/failed/1", "message": REPEATED}]}
        ]
        return 200, json.dumps({"value": [entry]})
    if "/versions" in address:
        return 200, json.dumps([{"name": version} for version in (OLD_VERSION, NEW_VERSION)])
    if address.partition("?")[0].endswith("/web"):
        return 200, json.dumps(full_model())
    return FAILURES["forbidden"]


def always(answer: tuple[int, str]) -> Answer:
    return lambda _method, _address: answer


def said(module: str, options: dict[str, Any], answer: Answer, **how: Any) -> tuple[dict[str, Any], list[str]]:
    """The result of a module and what it asked for, having shown nothing that was planted."""
    result, asked, printed = run_module(module, {**NEEDED.get(module, {}), **options}, answer, **how)
    assert [printed[at.start() - 60 : at.end() + 20] for at in re.finditer(f"{PLANTED}|very-secret", printed)] == []
    assert "exception" not in result
    assert result["msg"]
    return result, asked


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("options", [{"details": True}, {"raw": True}, {"wait_for": "upgraded", "wait_timeout": 30}])
def test_no_module_shows_what_azure_tells_in_confidence(module: str, options: dict[str, Any]) -> None:
    if module != "vmss_instance_facts":
        options = {"_ansible_check_mode": "details" in options, "_ansible_diff": "raw" in options}
    assert said(module, {**options, "_ansible_verbosity": 4}, answer)[1]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("failure", FAILURES)
def test_no_module_repeats_what_an_error_repeats(module: str, failure: str) -> None:
    result, _asked = said(module, {"_ansible_verbosity": 4}, always(FAILURES[failure]))
    assert result["failed"]
    assert result["error"]["message"]


@pytest.mark.parametrize("failure", FAILURES)
def test_the_secret_of_a_credential_file_is_not_shown_by_an_identity_platform_that_repeats_it(
    failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_FEDERATED_TOKEN_FILE", raising=False)
    (tmp_path / ".azure").mkdir()
    (tmp_path / ".azure" / "credentials").write_text(
        f"[default]\nsubscription_id={SUBSCRIPTION_ID}\ntenant=t\nclient_id=c\nsecret={FROM_FILE}\n"
    )
    options = {"auth_source": "credential_file", "secret": ..., "_ansible_verbosity": 4}
    complaint = {"error": "invalid_client", "error_description": f"AADSTS7000215: Is it {FROM_FILE}? {REQUEST}"}
    for wrong in (FAILURES[failure], (400, json.dumps(complaint))):
        result, _asked = said("vmss_instance_facts", options, always(wrong), login=True, home=str(tmp_path))
        assert result["failed"]


@pytest.mark.parametrize("module", ["vmss_image_update", "vmss_preflight"])
def test_a_signed_address_in_an_option_is_refused_and_not_shown(module: str) -> None:
    result, asked = said(module, {"image": {"uri": SIGNED}}, answer)
    assert result["error"]["kind"] == "bad_input"
    assert asked == []
