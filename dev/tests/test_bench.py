# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What is measured gets into the page as it was, and what got worse is named."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import interpreter, page, plot, process, results
from bench.cloud import Requests
from bench.contenders import Measured
from bench.interpreter import ModuleCall
from bench.process import Cost


def measured(cpu: float, total: int) -> Measured:
    requests = Requests(total, 2, 0, 3, {"VirtualMachineScaleSets_Get": total})
    return Measured(Cost(9.0, cpu, 1.5, None, ""), requests, 30, (ModuleCall("vmss_hold", 0.5, 60.0),))


def found() -> results.Results:
    role = results.summarize([measured(12.0, 50), measured(10.0, 48), measured(14.0, 52)])
    one = results.summarize([measured(5.0, 10)])
    by_size = {20: {"role": role, "floor": one, "sdk": one, "second run": one}}
    return results.Results(by_size, {"20 sets": one})


def test_the_run_in_the_middle_stands_for_all() -> None:
    role = found().by_size[20]["role"]
    assert (role.cpu.least, role.cpu.median, role.cpu.most) == (10.0, 12.0, 14.0)
    assert role.requests == 50
    assert role.modules == {"vmss_hold": (1, 0.5, 60.0)}
    assert role.peak_mb is None


def test_what_got_worse_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = results.ratios(found())
    monkeypatch.setattr(results, "LAST", tmp_path / "ratios.json")
    assert results.worse(now) == []
    results.keep({**now, "requests of the role, 20 instances": 41})
    assert results.worse(now) == ["requests of the role, 20 instances: 50, was 41"]


def test_the_page_has_every_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.rst")
    page.write(found(), "2 processors")
    text = (tmp_path / "performance.rst").read_text(encoding="utf-8")
    assert ".. image:: performance.svg" in text
    for figure in ("12.0 (10.0 to 14.0)", "Machine: 2 processors.", "``vmss_hold``", "not known here", "20 sets"):
        assert figure in text


def test_the_picture_has_every_figure_and_needs_nothing_else() -> None:
    by_size = found().by_size
    picture = plot.draw(by_size)
    assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    for text in ("20 instances", "script on the SDK", ">12.0<", ">5.0<"):
        assert text in picture
    assert picture == plot.draw(by_size)
    assert not re.search(r"<script|href|url\(|pygal\.org", picture)


def test_the_processor_time_of_all_processes_counts(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    cost = process.run([sys.executable, "-c", code], {}, tmp_path / "log")
    assert cost.cpu >= 0.3
    assert cost.own_cpu is None or cost.own_cpu < 0.3


def test_calls_of_modules_are_noted(tmp_path: Path) -> None:
    python = interpreter.install(tmp_path, Path(sys.executable))
    module = tmp_path / "AnsiballZ_ping.py"
    module.write_text("print('pong')", encoding="utf-8")
    assert process.run([python, module], {}, tmp_path / "log").output == "pong\n"
    (call,) = interpreter.read(tmp_path)
    assert call.module == "ping"
    assert json.loads((tmp_path / "calls.jsonl").read_text(encoding="utf-8"))["peak_kb"] > 0
