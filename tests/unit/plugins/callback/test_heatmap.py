# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.azroll.vmss.plugins.callback.heatmap import CallbackModule


def result(*rows, msg="web: 1 of 2 instances healthy", progress=True):
    return {"msg": msg, "heatmap": list(rows), "vmss_progress": {"done": False} if progress else None}


@pytest.fixture
def shown(monkeypatch):
    lines = []
    callback = CallbackModule()
    monkeypatch.setattr(callback._display, "display", lambda line, **_options: lines.append(line))
    return SimpleNamespace(callback=callback, lines=lines)


def test_a_look_is_drawn_once_and_again_only_when_it_changed(shown):
    waiting = result("UD 0  #  1 of 1 in service", "UD 1  ~  0 of 1 in service")
    for _retry in range(3):
        shown.callback.v2_runner_retry(SimpleNamespace(_result=waiting))
    assert shown.lines == [
        "web: 1 of 2 instances healthy",
        "  UD 0  #  1 of 1 in service",
        "  UD 1  ~  0 of 1 in service",
    ]
    later = result("UD 0  #  1 of 1 in service", "UD 1  #  1 of 1 in service", msg="web: 2 of 2 instances healthy")
    shown.callback.v2_runner_retry(SimpleNamespace(result=later))
    assert shown.lines[3:] == [
        "web: 2 of 2 instances healthy",
        "  UD 0  #  1 of 1 in service",
        "  UD 1  #  1 of 1 in service",
    ]


@pytest.mark.parametrize(
    "other",
    [{}, {"msg": "hello"}, {"ansible_facts": {}}, result("UD 0  #  1 of 1 in service", progress=False), result()],
)
def test_results_of_other_tasks_are_passed_over(shown, other):
    shown.callback.v2_runner_retry(SimpleNamespace(_result=other))
    assert shown.lines == []
