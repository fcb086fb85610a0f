# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How modules are carried out here: by their own work, waiting on the clock of the site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import ModuleCall
from ansible_collections.azroll.vmss.plugins.modules import (
    vmss_domain_upgrade,
    vmss_hold,
    vmss_image_update,
    vmss_instance_facts,
    vmss_instance_protection,
    vmss_instance_reimage,
    vmss_preflight,
)
from rollouts.arm import Arm, Known
from rollouts.site import Called, Site

# A module's process takes this long to start.
START = 2.0

Result = dict[str, Any]
MODULES: Mapping[str, ModuleType] = {
    one.__name__.rpartition(".")[2]: one
    for one in (
        vmss_domain_upgrade,
        vmss_hold,
        vmss_image_update,
        vmss_instance_facts,
        vmss_instance_protection,
        vmss_instance_reimage,
        vmss_preflight,
    )
}


def answer(site: Site, known: Known, call: ModuleCall) -> Result:
    """The result of a module that the role calls, as Ansible hands it to an action plugin."""
    name = call.module.rpartition(".")[2]
    if name == "tempfile":
        return {"changed": True, "path": str(site.wait_state.parent)}
    if name == "file":
        return {"changed": True}
    given = dict(call.options)
    if given.get("wait_state"):
        given["wait_state"] = site.wait_state
    if given.get("wait_for"):
        site.wait_for(given["wait_for"], given["instance_ids"])
    result = carry_out(site, known, MODULES[name], given, check_mode=call.check_mode)
    return {**result, "failed": result["error"] is not None}


def carry_out(
    site: Site, known: Known, module: ModuleType, given: Mapping[str, Any], *, check_mode: bool = False
) -> Result:
    """Do the work of a module on the site, as a process of its own would; the result tells of errors, too."""
    site.step()
    site.sleep(START)
    params = {**defaults(module), **given}
    site.calls.append(Called(module.__name__.rpartition(".")[2], check_mode, params))
    deadline = Deadline(params["wait_timeout"], monotonic=site.now, sleep=site.sleep)
    work = work_of(module)
    result, failure = work.result(), None
    try:
        work.carry_out(Call(Arm(site, deadline, known), deadline, check_mode, lambda _warning: None), params, result)
    except VmssError as error:
        result.msg, failure = str(error), error.to_dict()
    return {**result.to_dict(), "error": failure}


def work_of(module: ModuleType) -> Work[Any, Any]:
    """The only one that it has."""
    (work,) = (one for one in vars(module).values() if isinstance(one, Work))
    return work


@cache
def defaults(module: ModuleType) -> Mapping[str, Any]:
    """What the module's documentation, and so its argument spec, gives to options that nobody sets."""
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    return {name: option.get("default") for name, option in options.items()}
