# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Arguments that ansible-core stumbles over are refused by name, and nothing of what was given is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.azroll.vmss.plugins.module_utils._border.ansible_module import VmssModule

SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "minutes": {"type": "int"},
    "codes": {"type": "list", "elements": "int"},
    "ids": {"type": "list", "elements": "str"},
    "image": {"type": "dict", "options": {"version": {"type": "str"}, "id": {"type": "str"}}},
    "tags": {"type": "dict"},
}
SECRET = "very-secret"
# As at -vvvv: the result shows what the module was called with. Older versions of ansible-core do so unasked.
TALKATIVE = {
    "_ansible_verbosity": 4,
    **({"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}),
}


def load(monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> VmssModule:
    """The module with these arguments."""
    given = {"ANSIBLE_MODULE_ARGS": {"secret": SECRET, **TALKATIVE, **arguments}}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(given).encode())
    # From ansible-core 2.19 on, a module is told how its arguments are written.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    return VmssModule(argument_spec=SPEC)


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **arguments: Any
) -> tuple[dict[str, Any], str]:
    """The result with which the module ends before its options are read, and all that it printed."""
    with pytest.raises(SystemExit) as ended:
        load(monkeypatch, **arguments)
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    result: dict[str, Any] = json.loads(printed)
    assert result["failed"]
    return result, printed


@pytest.mark.parametrize(
    ("arguments", "name", "words"),
    [
        ({"name": "a\0b"}, "name", "a null character"),
        ({"ids": ["a", "b\0"]}, "ids", "a null character"),
        ({"image": {"version": "\0"}}, "image", "a null character"),
        ({"tags": {"a": {"b": ["\0"]}}}, "tags", "a null character"),
        ({"minutes": float("inf")}, "minutes", "an infinite number"),
        ({"minutes": "inf"}, "minutes", "an infinite number"),
        ({"minutes": "-Infinity"}, "minutes", "an infinite number"),
        ({"codes": [200, float("-inf")]}, "codes", "an infinite number"),
        ({"codes": "200,inf"}, "codes", "an infinite number"),
        ({"codes": float("inf")}, "codes", "an infinite number"),
        ({"image": "latest"}, "image", "not a dictionary, but of type str"),
        ({"image": ["latest"]}, "image", "not a dictionary, but of type list"),
        ({"image": 24.04}, "image", "not a dictionary, but of type float"),
    ],
)
def test_what_ansible_core_does_not_survive_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: dict[str, Any],
    name: str,
    words: str,
) -> None:
    result, printed = refused(monkeypatch, capsys, **arguments)
    assert result["error"]["kind"] == "bad_input"
    assert result["error"]["message"].startswith(f"{name} ")
    assert words in result["error"]["message"]
    assert result["msg"].endswith(result["error"]["advice"])
    assert "Traceback" not in printed


@pytest.mark.parametrize("image", ["latest", ["latest"], {"version": "a\0"}])
def test_a_refusal_shows_nothing_of_what_was_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], image: Any
) -> None:
    """Here Ansible does not know yet which options are secret."""
    _result, printed = refused(monkeypatch, capsys, image=image, name="shown-nowhere")
    assert SECRET not in printed
    assert "shown-nowhere" not in printed


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"minutes": "30"}, {"minutes": 30}),
        ({"minutes": 0}, {"minutes": 0}),
        ({"codes": "200,204"}, {"codes": [200, 204]}),
        ({"codes": ["200"]}, {"codes": [200]}),
        ({"codes": []}, {"codes": []}),
        ({"name": "inf", "ids": ["inf"]}, {"name": "inf", "ids": ["inf"]}),
        ({"image": {"version": "latest"}}, {"image": {"version": "latest", "id": None}}),
        ({"image": '{"version": "latest"}'}, {"image": {"version": "latest", "id": None}}),
        ({"image": "version=latest"}, {"image": {"version": "latest", "id": None}}),
        ({"image": None, "minutes": None, "codes": None}, {"image": None, "minutes": None, "codes": None}),
    ],
)
def test_what_ansible_reads_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    module = load(monkeypatch, **arguments)
    assert {name: module.params[name] for name in expected} == expected
    assert module.params["secret"] == SECRET


@pytest.mark.parametrize(
    ("arguments", "name"),
    [({"minutes": "many"}, "minutes"), ({"minutes": 1.5}, "minutes"), ({"codes": ["x"]}, "codes"), ({"new": 1}, "new")],
)
def test_what_ansible_refuses_itself_is_refused_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: dict[str, Any], name: str
) -> None:
    result, printed = refused(monkeypatch, capsys, **arguments)
    assert "error" not in result
    assert name in result["msg"]
    assert SECRET not in printed
