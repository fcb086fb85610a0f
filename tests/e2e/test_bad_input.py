# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Options that cannot be meant, or are not given: all are named before anything is asked of Azure."""

from __future__ import annotations

import pytest

from .conftest import Site

# Of the right type, so that Ansible's own check lets them pass.
WRONG = {
    "rollout_scale_set": "../web",
    "rollout_image": {"version": "../latest"},
    "rollout_batches": ["x"],
    "rollout_until": "abc",
    "rollout_max_unavailable_per_zone": "0",
    "rollout_soak": -1,
    "rollout_bake": -1,
    "rollout_accept": ["everything"],
    "rollout_health_url": "shop",
    "rollout_before_batch": "nowhere.yml",
    "rollout_report_dir": "/etc/hostname/report",
}
HARMLESS = ("rollout_hosts", "rollout_snapshot_dir")


def test_all_wrong_options_are_named_before_the_first_request(site: Site) -> None:
    run = site.upgrade(**WRONG)
    assert run.rc != 0
    assert [option for option in WRONG if option not in run.output] == []
    assert "Traceback" not in run.output
    # Ansible checks types before the role begins.
    typed = site.upgrade(rollout_image={"version": "latest"}, rollout_soak="soon", rollout_by="rack")
    assert typed.rc != 0
    assert "rollout_soak" in typed.output
    assert "rollout_by" in typed.output
    assert site.ledger()["requests"]["total"] == 0


@pytest.mark.parametrize("tasks", ["- name: Drain\n  azure.nowhere.drain: {}\n", "- name: [\n"], ids=["module", "yaml"])
def test_a_task_file_that_cannot_be_parsed_is_found_before_the_first_request(site: Site, tasks: str) -> None:
    (site.folder / "drain.yml").write_text(tasks)
    (site.folder / "fine.yml").write_text("- name: Touch\n  ansible.builtin.file: {path: touched, state: touch}\n")
    files = {
        "rollout_before_batch": str(site.folder / "fine.yml"),
        "rollout_after_batch": str(site.folder / "drain.yml"),
    }
    run = site.upgrade(rollout_image={"version": "latest"}, **files)
    assert run.rc != 0
    assert "drain.yml" in run.output
    assert site.ledger()["requests"]["total"] == 0
    assert not (site.folder / "touched").exists()


def test_a_playbook_names_the_variables_that_it_lacks(site: Site) -> None:
    for playbook in ("upgrade", "rollback", "status", "snapshot"):
        run = site.play(f"azroll.vmss.{playbook}", {})
        assert run.rc != 0
        assert "rollout_resource_group" in run.output
        assert "rollout_scale_set" in run.output
        assert "undefined" not in run.output
        assert "Traceback" not in run.output
    # A survey that is not answered is empty, and no other direction is taken by a rollback.
    empty = {"rollout_resource_group": "", "rollout_scale_set": "", "rollout_hosts": "", "rollout_snapshot_dir": ""}
    for playbook, options in {
        "status": empty,
        "snapshot": empty,
        "upgrade": {**empty, "rollout_accept": "unmanaged", "rollout_image": "latest"},
        "rollback": {"rollout_direction": "forward"},
    }.items():
        run = site.play(f"azroll.vmss.{playbook}", options)
        assert run.rc != 0
        assert [name for name in options if not options[name] and name not in HARMLESS and name not in run.output] == []
        assert [name for name, value in options.items() if value and name not in run.output] == []
        assert "Traceback" not in run.output
    assert site.ledger()["requests"]["total"] == 0
