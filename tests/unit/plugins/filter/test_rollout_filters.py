# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The filters: the pure functions behind them, values as texts, errors in words, and their documentation."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import start
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, vmss_facts
from ansible_collections.azroll.vmss.tests.unit.filters import FILTERS, FOLDER

DOCUMENTS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.yml")}
COLLECTIONS = FOLDER.parents[4]

VMSS = vmss_facts([instance(n, zone=str(n % 2 + 1), update_domain=n % 5) for n in range(20)])
TARGET = NEW.to_dict()


def ask(name, value, *arguments, **options):
    return FILTERS[f"rollout_{name}"](value, *arguments, **options)


# Documentation


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_the_documentation_names_every_parameter_with_its_default(name):
    parameters = list(inspect.signature(FILTERS[name]).parameters.values())
    documentation = DOCUMENTS[name]["DOCUMENTATION"]
    options = dict(documentation["options"])
    assert options.pop("_input")["required"] is True
    documented = {option: (spec.get("required", False), spec.get("default")) for option, spec in options.items()}
    expected = {
        one.name: (one.default is one.empty, None if one.default is one.empty else one.default)
        for one in parameters[1:]
    }
    assert documented == expected
    positional = [option for option, (required, _default) in expected.items() if required]
    assert documentation.get("positional", "") == ", ".join(positional)


def test_every_filter_is_documented_and_every_document_is_of_a_filter():
    assert sorted(DOCUMENTS) == sorted(FILTERS)


def test_the_plan_and_its_documentation_have_the_same_keys():
    documented = DOCUMENTS["rollout_plan"]["RETURN"]["_value"]["contains"]
    assert set(ask("plan", VMSS, TARGET)) == set(documented)


# Values as -e name=value gives them


def test_a_plan_from_texts_is_the_plan_from_numbers():
    texts = ask("plan", VMSS, json.dumps(TARGET), by="zone", max_unavailable="4", canary="2", missing_ids="no")
    assert texts == ask("plan", VMSS, TARGET, by="zone", max_unavailable=4, canary=2, missing_ids=False)


@pytest.mark.parametrize(
    "only",
    [
        {"update_domains": [0, 3]},
        {"update_domains": ["0", "3"]},
        {"update_domains": "0,3", "zones": None, "instance_ids": ""},
        '{"update_domains": [0, 3]}',
    ],
)
def test_a_selection_may_be_lists_or_texts(only):
    plan = ask("plan", VMSS, TARGET, canary=0, only=only)
    assert [batch["instance_ids"] for batch in plan["batches"]] == [
        ["0", "10"],
        ["8", "18"],
        ["5", "15"],
        ["3", "13"],
    ]


def test_a_single_domain_may_be_the_number_zero():
    plan = ask("plan", VMSS, TARGET, canary=0, only={"update_domains": 0, "zones": "1"})
    assert [batch["instance_ids"] for batch in plan["batches"]] == [["0", "10"]]


@pytest.mark.parametrize("only", [None, {}, "", "{}"])
def test_an_empty_selection_is_all(only):
    assert ask("plan", VMSS, TARGET, only=only) == ask("plan", VMSS, TARGET)


# Errors in words


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((VMSS, TARGET), {"max_unavailable": "a few"}, "rollout_max_unavailable is 'a few'.* Give a count"),
        ((VMSS, TARGET), {"max_unavailable": "1%"}, "less than one instance.* Set it to 1"),
        ((VMSS, TARGET), {"canary": "one"}, "rollout_canary is 'one'"),
        ((VMSS, TARGET), {"by": "rack"}, "Unknown grouping 'rack'.* Roll by update_domain"),
        ((VMSS, TARGET), {"only": {"rack": 1}}, "Unknown way to select instances in rollout_only: 'rack'"),
        ((VMSS, TARGET), {"only": {"zones": {}}}, "rollout_only.zones is '{}'"),
        ((VMSS, TARGET), {"only": ["1"]}, "rollout_only is "),
        ((VMSS, TARGET), {"only": {"zones": 9}}, "Unknown zones: 9. There are: 1, 2."),
        ((VMSS, TARGET), {"missing_ids": "maybe"}, "missing_ids is 'maybe'"),
        ((VMSS, {}), {}, "The target names no image"),
        ((VMSS, {"version": "1"}), {}, "The target names no image"),
        ((VMSS, None), {}, "target is 'None'"),
        (({"image": {}}, TARGET), {}, "not a record of a scale set.* Give the whole ansible_facts.vmss"),
    ],
)
def test_what_cannot_be_planned_is_told_as_data(arguments, options, words):
    plan = ask("plan", *arguments, **options)
    assert re.search(words, plan["refused"])
    assert plan["batches"] == plan["lines"] == []


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("heatmap", ([], TARGET), "not a record of a scale set"),
        ("heatmap", (VMSS, {}), "The target names no image"),
        ("status", ({},), "not a record of a scale set"),
    ],
)
def test_what_cannot_be_meant_is_an_error_in_words(name, arguments, words):
    with pytest.raises(AnsibleFilterError, match=words):
        ask(name, *arguments)


# In real templates


def play(folder, tasks, *arguments):
    """Run tasks on localhost with the facts of a scale set, and return what they wrote to out.json."""
    facts = {"ansible.builtin.set_fact": {"vmss": VMSS, "cacheable": True}}
    playbook = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [facts, *tasks]}]
    (folder / "play.yml").write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_INJECT_FACT_VARS": "false",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "ansible.cli.playbook", "play.yml", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "[WARNING]" not in ran.stderr + ran.stdout
    assert "[DEPRECATION" not in ran.stderr + ran.stdout
    out = folder / "out.json"
    return json.loads(out.read_text(encoding="utf-8")) if out.exists() else None


def test_a_playbook_with_options_from_the_command_line(tmp_path):
    template = (
        "{{ ansible_facts.vmss | azroll.vmss.rollout_plan(target, by=by, max_unavailable=most, canary=canary,"
        " only=only, missing_ids=missing) | to_json }}"
    )
    keep = {"ansible.builtin.copy": {"content": template, "dest": str(tmp_path / "out.json")}}
    options = {"by": "zone", "most": "25%", "canary": "2", "missing": "no", "only": '\'{"zones": ["2"]}\''}
    given = [word for name, value in options.items() for word in ("-e", f"{name}={value}")]
    plan = play(tmp_path, [keep], *given, "-e", json.dumps({"target": TARGET}))
    assert plan == ask("plan", VMSS, TARGET, by="zone", max_unavailable="25%", canary=2, only={"zones": ["2"]})
    assert plan["batches"][0] == {"name": "canary", "instance_ids": ["1", "3"], "canary": True}


def test_every_example_works_as_printed(tmp_path):
    report = build_report(start("web", "web-rg", "10:00"), *read_set(VMSS), planned=False)
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    tasks = []
    for name in sorted(DOCUMENTS):
        for task in yaml.safe_load(DOCUMENTS[name]["EXAMPLES"]):
            # There is no Azure here: the facts are set already, and of a call only its templates are looked at.
            modules = ("azroll.vmss.vmss_instance_facts", "azroll.vmss.vmss_domain_upgrade")
            call = next((task.pop(module) for module in modules if module in task), None)
            if call:
                task["ansible.builtin.debug"] = {"msg": call}
            tasks.append(task)
    play(tmp_path, tasks)
