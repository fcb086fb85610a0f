# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The page of the documentation with what a rollout costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench import plot
from bench.results import Results, Spread, Summary
from checkout import ROOT

PAGE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
_TEXT = """..
  Copyright (c) 2026, azroll.vmss contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.azroll.vmss.docsite.performance:

What a rollout costs
====================

This page was written by the command that measured it, which takes about a quarter of an hour:

.. code-block:: sh

   make bench

The cloud is the simulator, in which a minute takes a second: what is counted here is the processor time and the memory
of the control node, and the requests to Azure, not how long Azure takes. Each set is upgraded in five batches, one for
each update domain, with preflight, the lease and two health checks of each batch. *Ansible alone* is a playbook that
shows as many tasks and calls the module ``ping`` as often as the role calls modules. The *script* is what people write
themselves: the same upgrade on the Azure SDK, domain by domain, with a confirmation of each, and nothing else.

Machine: {machine}.

One scale set
-------------

The median of the runs, with the least and the most. Processor time and memory are those of all processes together.

.. image:: performance.svg
   :alt: Processor time of the role, of Ansible alone, of a script on the SDK and of a second run, by instances

{sizes}

Of the role's processor time, that of ``ansible-playbook`` itself and that of the modules; the rest is that of the
processes that Ansible starts for each task:

{shares}

Requests of the role by operation:

{operations}

A call of each module, in the rollout of {largest:,} instances:

{modules}

With Azure's limits
-------------------

The same with the limits that Azure documents for requests (429 where they are exceeded), and twenty scale sets in one
play (``strategy: free``):

{single}
"""


def write(results: Results, machine: str) -> None:
    """Write the page anew."""
    largest = max(results.by_size)
    text = _TEXT.format(
        machine=machine,
        sizes=_sizes(results.by_size),
        shares=_shares(results.by_size),
        operations=_operations({size: found["role"] for size, found in results.by_size.items()}),
        largest=largest,
        modules=_modules(results.by_size[largest]["role"]),
        single=_single(results.single),
    )
    PAGE.write_text(text, encoding="utf-8")
    PAGE.with_suffix(".svg").write_text(plot.draw(results.by_size), encoding="utf-8")


def _sizes(by_size: Mapping[int, Mapping[str, Summary]]) -> str:
    head = (
        "Instances",
        "",
        "Processor time, s",
        "Wall, s",
        "Requests",
        "Logins",
        "Module calls",
        "Tasks",
        "Memory, MB",
    )
    rows = [
        (
            f"{size:,}",
            name,
            _spread(one.cpu),
            _spread(one.wall),
            f"{one.requests:,}",
            f"{one.logins:,}",
            f"{_calls(one):,}",
            f"{one.tasks:,}",
            _spread(one.peak_mb, digits=0),
        )
        for size, contenders in by_size.items()
        for name, one in contenders.items()
    ]
    return _table(head, rows)


def _shares(by_size: Mapping[int, Mapping[str, Summary]]) -> str:
    rows = [
        (f"{size:,}", _spread(found["role"].controller_cpu), _spread(found["role"].modules_cpu))
        for size, found in by_size.items()
    ]
    return _table(("Instances", "ansible-playbook, s", "Modules, s"), rows)


def _operations(by_size: Mapping[int, Summary]) -> str:
    names = sorted({name for one in by_size.values() for name in one.operations})
    rows = [(f"``{name}``", *(str(one.operations.get(name, 0)) for one in by_size.values())) for name in names]
    return _table(("Operation", *(f"{size:,} instances" for size in by_size)), rows)


def _modules(one: Summary) -> str:
    rows = [
        (f"``{name}``", str(calls), f"{cpu:.2f}", f"{memory:.0f}") for name, (calls, cpu, memory) in one.modules.items()
    ]
    return _table(("Module", "Calls", "Processor time of one, s", "Most memory, MB"), rows)


def _single(single: Mapping[str, Summary]) -> str:
    head = ("", "Processor time, s", "Wall, s", "Requests", "429", "Memory, MB")
    rows = [
        (
            name,
            f"{one.cpu.median:.1f}",
            f"{one.wall.median:.1f}",
            f"{one.requests:,}",
            str(one.throttled),
            _spread(one.peak_mb, digits=0),
        )
        for name, one in single.items()
    ]
    return _table(head, rows)


def _calls(one: Summary) -> int:
    return sum(calls for calls, _cpu, _memory in one.modules.values())


def _spread(spread: Spread | None, digits: int = 1) -> str:
    if spread is None:
        return "not known here"
    middle = f"{spread.median:.{digits}f}"
    return (
        middle if spread.least == spread.most else f"{middle} ({spread.least:.{digits}f} to {spread.most:.{digits}f})"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'*' if number == 0 else ' '} - {cell}".rstrip() for number, cell in enumerate(row)]
    return "\n".join(lines)
