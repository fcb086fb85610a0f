# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.azroll.vmss.plugins.callback.heatmap import CallbackModule


def record(number, **fields):
    image = {"publisher": "Canonical", "offer": "ubuntu", "sku": "server", "version": "1.0.0"}
    healthy = {"provisioning_state": "Succeeded", "power": "running", "health": "healthy", "latest_model": True}
    return (
        {"instance_id": str(number), "name": f"web_{number}", "image": image, "update_domain": number % 2}
        | healthy
        | fields
    )


def result(*instances, msg="1 of 2 instances healthy", progress=True):
    vmss = {
        "name": "web",
        "image": {"publisher": "Canonical", "offer": "ubuntu", "sku": "server", "version": "1.0.0"},
        "health_source": "application_health_extension",
        "instances": list(instances),
    }
    return {"msg": msg, "ansible_facts": {"vmss": vmss}, "vmss_progress": {"done": False} if progress else None}


@pytest.fixture
def shown(monkeypatch):
    lines = []
    callback = CallbackModule()
    monkeypatch.setattr(callback._display, "display", lambda line, **_options: lines.append(line))
    return SimpleNamespace(callback=callback, lines=lines)


def test_a_look_is_drawn_once_and_again_only_when_it_changed(shown):
    waiting = result(record(0), record(1, provisioning_state="Updating", power=None, health=None))
    for _retry in range(3):
        shown.callback.v2_runner_retry(SimpleNamespace(_result=waiting))
    assert shown.lines == [
        "web: 1 of 2 instances healthy",
        "  UD 0  #  1 of 1 in service",
        "  UD 1  ~  0 of 1 in service",
        "  # new  ~ on its way",
    ]
    shown.callback.v2_runner_retry(SimpleNamespace(result=result(record(0), record(1), msg="2 of 2 instances healthy")))
    assert shown.lines[4:] == [
        "web: 2 of 2 instances healthy",
        "  UD 0  #  1 of 1 in service",
        "  UD 1  #  1 of 1 in service",
        "  # new",
    ]


@pytest.mark.parametrize("other", [{}, {"msg": "hello"}, {"ansible_facts": {}}, result(record(0), progress=False)])
def test_results_of_other_tasks_are_passed_over(shown, other):
    shown.callback.v2_runner_retry(SimpleNamespace(_result=other))
    assert shown.lines == []
