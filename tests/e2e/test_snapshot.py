# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""azroll.vmss.snapshot writes what the simulator starts from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from armsim.launch import running

from .conftest import GROUP, SET, SPEED, Run, Site


def snapshot(site: Site, *arguments: str, **options: Any) -> Run:
    fixed = {
        "rollout_resource_group": GROUP,
        "rollout_scale_set": SET,
        "rollout_snapshot_dir": str(site.folder / "mine" / "web"),
    }
    return site.play("azroll.vmss.snapshot", {**fixed, **options}, *arguments)


def changes(run: Run) -> int:
    assert run.rc == 0
    return int(run.play_recap().split("changed=")[1].split()[0])


@pytest.mark.parametrize("scenario", ["quickstart", "flexible"])
def test_a_simulator_started_from_a_snapshot_is_the_same_again(site: Site, scenario: str) -> None:
    assert changes(snapshot(site)) == 2
    before = site.simulator.state()["scale_sets"][SET]
    with running(from_dump=[site.folder / "mine" / "web"], speed=SPEED) as again:
        assert again.ready["notes"] == []
        assert again.ready["scale_sets"] == site.simulator.ready["scale_sets"]
        after = again.state()["scale_sets"][SET]
    for state in (before, after):
        state.pop("model")
    assert after == before
    assert site.simulator.ledger()["requests"]["writes"] == 0


def test_the_files_change_with_the_scale_set_and_only_then(site: Site) -> None:
    folder = site.folder / "mine" / "web"
    assert changes(snapshot(site, "--check")) == 1
    assert not folder.exists()
    first = snapshot(site)
    assert f"{folder}/set.json and instances.json contain web with 20 instances." in " ".join(first.output.split())
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())}
    assert modes == {"web": "0o700", "set.json": "0o600", "instances.json": "0o600"}
    folder.chmod(0o755)
    assert changes(snapshot(site)) == 0, "health reports come all the time; that is no change"
    assert oct(folder.stat().st_mode & 0o777) == "0o755", "a folder that was there stays as it is"

    def protected() -> list[str]:
        entries = json.loads((folder / "instances.json").read_text())
        return [one["instanceId"] for one in entries if "protectionPolicy" in one["properties"]]

    site.simulator.change(scale_set=SET, instances="1", protect=True)
    assert changes(snapshot(site, "--check")) == 1
    assert protected() == []
    assert changes(snapshot(site)) == 1
    assert protected() == ["1"]
