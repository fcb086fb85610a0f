# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Every option of every module with values that nobody should give: refused by name, or sent where it belongs."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from ansible.module_utils.common.parameters import PASS_VARS
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.doc_fragments._azure import ModuleDocFragment
from ansible_collections.azroll.vmss.tests.unit.answering import COMMON, run_module
from ansible_collections.azroll.vmss.tests.unit.wire import HOST, SUBSCRIPTION_ID, error

MODULES = sorted(path.stem for path in (Path(__file__).parents[4] / "plugins" / "modules").glob("vmss_*.py"))
# What a module needs besides the common options, where it does not run without.
NEEDED: dict[str, dict[str, Any]] = {
    "vmss_image_update": {"image": {"version": "latest"}},
    "vmss_preflight": {"image": {"version": "latest"}},
    "vmss_hold": {"state": "held", "run_id": "run-a"},
    "vmss_automatic_repairs": {"state": "suspended"},
    "vmss_domain_upgrade": {"all_instances": True},
    "vmss_instance_protection": {"instance_ids": ["0"], "scale_in": True},
    "vmss_instance_probe": {"url": "http://{address}:8080/"},
    "vmss_instance_reimage": {"instance_ids": ["0"]},
}
# As at -vvvv: the result shows what the module was called with. Older versions of ansible-core do so unasked.
TALKATIVE = {
    "_ansible_verbosity": 4,
    **({"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}),
}
HUGE = "x" * 100_000
TEXTS = [
    *("", " ", "\n", "a\nb", "a\x00b", "\x1b[31m", "\u2028", "ü", "名前", "🦄"),
    *(".", "..", "../..", "../../providers/x", "a/b", "a\\b", "a?b=c", "a#b", "%2f", "%2e%2e", "a&b", "a;b", "a'b"),
    *(
        "{{ 1 + 1 }}",
        "{% raw %}",
        "-rf",
        "$(id)",
        "None",
        "null",
        "NaN",
        "inf",
        "1,-Infinity",
        "1e9",
        "-1",
        "0",
        "101%",
        "x" * 200,
        HUGE,
    ),
]
NUMBERS = [0, -1, 1.5, 24.04, 10**6, 10**30, -(10**30), float("nan"), float("inf"), -float("inf")]
OTHERS: list[Any] = [
    *(True, False, [], [None], [[]], [{}], ["", None, 1, "../.."], ["x"] * 20_000, [HUGE]),
    *({}, {"unknown": 1}, {"": None}, {"version": None}, {"version": ".."}, {"version": [1]}, {"id": "../.."}),
    *({"publisher": "a/b", "version": "1"}, {"zones": None}, {"zones": {"a": 1}}, {"id": "x", "uri": "y"}, {"at": "x"}),
]
VALUES = [*TEXTS, *NUMBERS, *OTHERS]
PATH = re.compile(
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/([^/]+)/providers/Microsoft.Compute/virtualMachineScaleSets/([^/]+)"
)


def options_of(module: str) -> Iterator[str]:
    """Every option as it is documented; those that all have alike, of one module alone."""
    own: str = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{module}").DOCUMENTATION
    shared = [ModuleDocFragment.DOCUMENTATION, ModuleDocFragment.SCALE_SET] if module == MODULES[0] else []
    for part in (own, *shared):
        yield from yaml.safe_load(part)["options"]


def nobody_home(_method: str, _address: str) -> tuple[int, str]:
    return 404, json.dumps(error("ResourceNotFound", "There is none."))


def trouble_with(module: str, option: str, value: Any, home: Path) -> str:
    """What is wrong with how a value is received: nothing where it is refused by name, or sent to the right place."""
    options: dict[str, Any] = {**TALKATIVE, **NEEDED.get(module, {}), option: value}
    try:
        result, asked, printed = run_module(module, options, nobody_home, login=option == "tenant", home=str(home))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        return f"the module let {error!r} through"
    message = result["msg"]
    if not result.get("failed") or not message or "Traceback" in printed or "very-secret" in printed:
        return printed
    if asked:
        return "" if arrives(asked[0], option, options) else asked[0]
    # What Ansible refuses by itself carries no error of ours: its words and their length are its own.
    ours = "error" in result
    return message if ours and (option.removeprefix("target_") not in message or len(message) > 800) else ""


def arrives(request: str, option: str, options: Mapping[str, Any]) -> bool:
    """Whether the first request goes where the options say, and nowhere else."""
    address = urlsplit(request.partition(" ")[2])
    if option == "cloud_environment":
        return True
    if option == "tenant":
        wanted = rf"/{re.escape(str(options['tenant']))}/(v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/token)"
        return address.netloc == "login.microsoftonline.com" and re.fullmatch(wanted, address.path) is not None
    names = [str(options.get(name, COMMON[name])) for name in ("resource_group", "name")]
    found = PATH.fullmatch(address.path)
    return (
        f"{address.scheme}://{address.netloc}?{address.query}" == f"{HOST}?api-version=2024-07-01"
        and found is not None
        and [unquote(one) for one in found.groups()] == names
    )


@pytest.mark.parametrize("module", MODULES)
def test_no_option_takes_a_value_that_cannot_be_meant(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLOUD_ENVIRONMENT", "AZURE_PROFILE", "ANSIBLE_AZURE_AUTH_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    wrong = []
    for option in options_of(module):
        for value in VALUES:
            trouble = trouble_with(module, option, value, tmp_path)
            if trouble:
                wrong.append(f"{option}={str(value)[:50]!r}: {trouble[:500]}")
    assert not wrong, "\n".join(wrong)


@settings(max_examples=150)
@given(st.sampled_from(["resource_group", "name", "subscription_id"]), st.text(min_size=1, max_size=100))
def test_no_name_leads_elsewhere(option: str, text: str) -> None:
    assert trouble_with("vmss_instance_facts", option, text, Path("/nonexistent")) == ""
