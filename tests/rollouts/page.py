# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The page of the documentation with the numbers of many rollouts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "random_rollouts.rst"
TEXT = """..
  Copyright (c) 2026, azroll.vmss contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.azroll.vmss.docsite.random_rollouts:

Ten thousand random rollouts
============================

The role's decisions are made without Azure, Ansible or a clock. So they can be played in one process, on a virtual
clock, against the model that the simulator is made of: the role's own steps and modules, in the order of its task
files.
The command holds the task files themselves against that order: in {compared:,} of these worlds, Ansible's own executor
plays them, and has to call the same modules, with the same options, in the same order, to the same end.
This page was written by the command that did it:

.. code-block:: sh

   make soak

Each rollout draws a world of its own:

* a scale set of 1 to 1,000 instances, Uniform or Flexible, with or without zones, in 1 to 3 placement groups, by
  update domain, fault domain, zone or in plain batches; some instances stopped, deallocated, failed, unhealthy or
  protected beforehand
* limits for the set, its zones and its fault domains, as counts and percentages; canaries, growing batches, soaks, a
  share to stop at, a part to be confined to, instances to skip, checkpoints at which an operator may end the run
* an image that works, boots slowly, flaps, fails on some or on all instances, makes them unhealthy, or never comes back
* other clients at work: autoscale, operators who change capacity, image, power and protection, evictions, an upgrade
  by another client
* a service that throttles, breaks connections before and after a write took effect, is silent for minutes, answers
  409 and 412, and ends operations badly
* up to three kills, at any step, and the run after each
* any way to react to a failure, and at times an operator who rolls back afterwards

The simulator's own ledger is the judge. What must hold of every one of them:

* No write of the rollout takes an instance below the minimum in service of the set, of a zone or of a fault domain.
* A bad image never gets past the canary.
* After the decision to stop, nothing is written but the release of what was held.
* No instance is upgraded twice, and none that the rollout is not to touch is sent.
* No image that another client has set meanwhile is written over.
* A rollout that calls itself a success has every instance on the target or names it; one that stops names all of them.
* A rollout that was rolled back has left no instance that it sent on the image that was taken back, not even one that
  was in progress when it failed.
* A second run of a success writes nothing.
* Automatic repairs, autoscale and the tags are as they were before, in every exit, also after kills.

.. code-block:: text

{numbers}

A stop is counted by the error that led to it: most of these worlds are meant to stop a rollout. *Margin* is the
number of instances in service above the minimum in service at the worst write of all. Rollouts that begin below the
minimum in service have none: of these, only unhealthy instances are touched.

Then {healthy:,} healthy rollouts with noise as far as the retries of the gates are meant to bear it (a fifth to half
of the reports wrong for minutes, on up to half of the instances, 5 to 30 % of the probes of the site bad, up to 5 %
of the requests in trouble), of which at most 5 % may stop:

.. code-block:: text

{noisy}

One of them again, write by write: ``make soak SEED=4711``. For longer: ``make soak TIME=3600``. ``make proof`` writes
this page, and the fault matrix. ``make test`` plays 200 of them, and a state machine of hypothesis draws kills, others'
interference and time step by step in worlds of its own.
"""


def page(numbers: Iterable[str], noisy: Iterable[str], healthy: int, compared: int) -> str:
    """The page; the numbers are lines of text."""
    return TEXT.format(numbers=_indented(numbers), noisy=_indented(noisy), healthy=healthy, compared=compared)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"   {line}" for line in lines)
