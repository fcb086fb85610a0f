# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Messages name the options of the layer that the user is on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import MODULE, ROLE, ROLE_OPTIONS, worded
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import NEEDS_ACCEPTANCE, Finding, describe

ROOT = Path(__file__).parents[5]
SOURCES = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))
SPEC = yaml.safe_load((ROOT / "roles" / "rollout" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
OF_ROLE = set(SPEC["argument_specs"]["main"]["options"])
MARK = re.compile(r"\bO\(([a-z_]+)(?:=[^()]*)?\)")
# What the role has no option for: the login, and instances that a module is to choose.
OF_MODULES_ONLY = {
    *("subscription_id", "tenant", "client_id", "secret", "cloud_environment"),
    *("image", "missing_instances"),
}
# The role checks these by its own names before it calls a module.
CHECKED_BEFORE = {"conflicts.py"}


@pytest.mark.parametrize(
    ("text", "of_module", "of_role"),
    [
        ("Give O(minutes).", "Give minutes.", "Give rollout_lease."),
        (
            "Set O(take_over=true), please.",
            "Set take_over: true, please.",
            "Set rollout_lease_take_over: true, please.",
        ),
        ("(O(minutes=0))", "(minutes: 0)", "(rollout_lease: 0)"),
        ("O(allow_managed=true)", "allow_managed: true", "rollout_accept: [managed]"),
        ("O(tenant) and O(secret)", "tenant and secret", "tenant and secret"),
        ("O(by) O(by_model=false)", "by by_model: false", "rollout_by rollout_by_model: false"),
        ("no option: IO(x), O (x), O()", "no option: IO(x), O (x), O()", "no option: IO(x), O (x), O()"),
        ("", "", ""),
    ],
)
def test_a_mark_becomes_the_option_of_the_layer(text: str, of_module: str, of_role: str) -> None:
    assert worded(text) == worded(text, MODULE) == of_module
    assert worded(text, ROLE) == of_role


@given(st.text(), st.sampled_from([MODULE, ROLE]))
def test_what_was_worded_stays_as_it_is(text: str, layer: str) -> None:
    assert worded(worded(text, layer), layer) == worded(text, layer)
    if "O(" not in text:
        assert worded(text, layer) == text


def test_an_error_is_described_for_the_layer() -> None:
    error = VmssError("O(max_unavailable) is too small", advice="Raise O(max_unavailable).")
    assert str(error) == "max_unavailable is too small. Raise max_unavailable."
    assert error.describe(ROLE) == "rollout_max_unavailable is too small. Raise rollout_max_unavailable."


def test_a_finding_says_where_to_accept_it() -> None:
    (line,) = describe([Finding("managed", NEEDS_ACCEPTANCE, "It is managed", "Leave it.")])
    assert worded(line, ROLE).endswith("accept managed in rollout_accept.")


def test_the_table_leads_from_options_of_modules_to_options_of_the_role() -> None:
    modules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert [name for name in ROLE_OPTIONS if not re.search(rf"^  {name}:$", modules, re.M)] == [
        "name",
        "resource_group",
    ]
    assert {target.split(":")[0] for target in ROLE_OPTIONS.values()} <= OF_ROLE


def sentences(path: Path) -> Iterator[str]:
    """Every text of a source with more than one word, in parts where values stand in it; no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield from () if id(node) in docstrings else (node.value,)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_message_for_the_role_names_an_option_of_a_module(path: Path) -> None:
    """They are marked, so that the layer decides."""
    wrong = []
    for text in sentences(path):
        wrong += [name for name in MARK.findall(text) if name not in ROLE_OPTIONS and name not in OF_MODULES_ONLY]
        bare = MARK.sub("", text)
        if path.name in CHECKED_BEFORE:
            continue
        for name in ROLE_OPTIONS:
            told = rf"(?<![\w.]){name}\b" if "_" in name else rf"(?<![\w.]){name}: (?:true|false|\d|\[)"
            wrong += [f"{name} in {text!r}"] if re.search(told, bare) else []
    assert wrong == []
