# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What is wrong with the options of the role: all of it at once, before anything is asked of Azure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_bool

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import (
    check_resource_group,
    check_scale_set,
    shown,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import OPTION_FIELDS, Image, check_wanted
from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import check_site, check_template
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import check_resources
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._options.conflicts import (
    OF_THE_ROLE,
    OF_THE_WAY_FORWARD,
    contradictions,
)
from ansible_collections.azroll.vmss.plugins.module_utils._options.module_options import (
    WEEK,
    check_range,
    check_text,
    texts,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import check_codes

# The least and the most that an option takes.
RANGES = {
    "rollout_canary": (0, 1000),
    "rollout_quarantine": (0, 1000),
    "rollout_lease": (0, WEEK // 60),
    "rollout_sweep_delay": (0, WEEK),
    "rollout_sweep_rounds": (0, 1000),
    "rollout_upgrade_timeout": (1, WEEK),
    "rollout_poll_interval": (1, WEEK),
    "rollout_unanswered_timeout": (1, WEEK),
    "rollout_warm_up": (0, WEEK),
    "rollout_health_retries": (0, 100_000),
    "rollout_health_delay": (1, WEEK),
    "rollout_health_successes": (1, 1000),
    "rollout_health_report_settling": (0, WEEK),
    "rollout_soak": (0, WEEK),
    "rollout_bake": (0, WEEK),
}
LIMITS = (
    "rollout_max_unavailable_per_zone",
    "rollout_max_unavailable_per_fault_domain",
    "rollout_until",
)
FLAGS = (
    "rollout_by_model",
    "rollout_unhealthy_first",
    "rollout_retry_failed",
    "rollout_restore_policy",
    "rollout_lease_take_over",
    "rollout_suspend_repairs",
    "rollout_hold_autoscale",
    "rollout_token_cache",
)
TASK_FILES = ("rollout_health_tasks", "rollout_before_batch", "rollout_after_batch")
# Documented: a tag's name has at most 512 characters, and none of these.
LONGEST_TAG = 512
_NOT_IN_TAGS = re.compile(r"[<>%&\\?/]")
_SHORT_NAME = re.compile(r"[\w-]{1,40}")
# Documented: a virtual machine's name has at most 64 characters.
_INSTANCE_ID = re.compile(r"[\w.-]{1,64}")
_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,12}\s*")
Check = Callable[[str, Any], None]


def wrong_options(options: Mapping[str, Any], *, check_file: Check, check_folder: Check) -> list[str]:
    """A sentence for each of the options that cannot be meant, alone or together, by name and with what to give.

    Options that are not in `options` are not checked. `check_file` and `check_folder` get the name of an option and a
    path, and raise BadInput where it leads to no file, or to something that cannot be a folder.
    """
    checks, optional = _checks(), _checks_of_optional(check_file, check_folder)
    given = {name: options[name] for name in optional if name in options and options[name] not in (None, "", [], {})}
    required = {name: options[name] for name in checks if name in options}
    wrong = {
        name: trouble
        for name, value in {**required, **given}.items()
        if (trouble := _trouble({**checks, **optional}[name], name, value))
    }
    forward = options.get("rollout_direction") == "forward"
    rules = (*OF_THE_ROLE, *(OF_THE_WAY_FORWARD if forward else ()))
    found = [*wrong.values(), *(f"{one.message}. {one.advice}" for one in contradictions(rules, options, wrong))]
    if forward and not options.get("rollout_image"):
        found.append(
            'rollout_image is empty. Give the image to bring, for example {"version": "latest"}, or set '
            "rollout_direction to rollback."
        )
    return found


def _checks() -> dict[str, Check]:
    """Of the options that have a value in any case."""
    return {
        "rollout_resource_group": lambda name, value: check_resource_group(str(value), name),
        "rollout_scale_set": lambda name, value: check_scale_set(str(value), name),
        "rollout_max_unavailable": _limit,
        **dict.fromkeys(RANGES, _number),
        **dict.fromkeys(FLAGS, _flag),
    }


def _checks_of_optional(check_file: Check, check_folder: Check) -> dict[str, Check]:
    """Of the options that may be empty."""
    return {
        "rollout_image": _image,
        **dict.fromkeys(LIMITS, _limit),
        "rollout_batches": _batches,
        "rollout_only": _only,
        "rollout_skip": _skip,
        "rollout_accept": _accept,
        "rollout_health_url": _url,
        "rollout_health_url_status": _statuses,
        "rollout_health_alerts": _alerts,
        "rollout_health_instance_url": _template,
        "rollout_zone_order": _order,
        "rollout_domain_order": _domains,
        "rollout_busy_tags": _tags,
        "rollout_include_instances": _ids,
        **dict.fromkeys(TASK_FILES, check_file),
        "rollout_report_dir": check_folder,
    }


def _trouble(check: Check, name: str, value: Any) -> str:
    try:
        for path, text in texts(value if isinstance(value, (list, Mapping)) else str(value), name):
            check_text(text, path)
        check(name, value)
    except BadInput as error:
        return str(error) if name in str(error) else f"{name}: {error}"
    return ""


def _limit(name: str, value: Any) -> None:
    Limit.parse(value, name)


def _number(name: str, value: Any) -> None:
    _between(name, value, *RANGES[name])


def _flag(name: str, value: Any) -> None:
    try:
        check_type_bool(value)
    except TypeError:
        raise BadInput(
            f"{name} is {shown(value)}, which is neither true nor false", advice="Give one of them."
        ) from None


def _between(name: str, value: Any, least: int, most: int) -> None:
    if not _WHOLE_NUMBER.fullmatch(str(value)):
        raise BadInput(f"{name} is {shown(value)}, which is not a whole number", advice=f"Give {least} to {most}.")
    check_range(int(str(value)), name, least, most)


def _batches(name: str, value: Any) -> None:
    for size in _list(name, value):
        Limit.parse(size, name)


def _statuses(name: str, value: Any) -> None:
    for status in _list(name, value):
        _between(name, status, 100, 599)


def _alerts(name: str, value: Any) -> None:
    check_resources([str(one) for one in _list(name, value)], name)


def _order(name: str, value: Any) -> None:
    for one in _list(name, value):
        if not _SHORT_NAME.fullmatch(str(one).strip()):
            raise BadInput(f"{name} has {shown(one)}", advice='Give the names of zones, for example ["2", "1"].')


def _domains(name: str, value: Any) -> None:
    for number in _list(name, value):
        _between(name, number, 0, 999)


def _tags(name: str, value: Any) -> None:
    for tag in map(str, _list(name, value)):
        if not tag.strip() or len(tag) > LONGEST_TAG or _NOT_IN_TAGS.search(tag):
            raise BadInput(
                f"{name} has {shown(tag)}, which is not a valid name of a tag",
                advice=f"Give names of 1 to {LONGEST_TAG} characters, without any of <>%&\\?/.",
            )


def _ids(name: str, value: Any) -> None:
    for one in map(str, _list(name, value)):
        if not _INSTANCE_ID.fullmatch(one.strip()):
            raise BadInput(
                f"{name} has {shown(one)}, which is not a valid id of an instance",
                advice="Give the names of virtual machines, as ansible_facts.vmss.instances of "
                "azroll.vmss.vmss_instance_facts has them.",
            )


def _accept(name: str, value: Any) -> None:
    check_codes(str(code) for code in _list(name, value))


def _only(name: str, value: Any) -> None:
    Selection.from_options(_dict(name, value), name)


def _image(name: str, value: Any) -> None:
    fields = _dict(name, value)
    _known(name, fields, OPTION_FIELDS)
    check_wanted(Image.from_options(fields))


def _skip(name: str, value: Any) -> None:
    skip = _dict(name, value)
    _known(name, skip, ("instance_ids", "tags"))
    if skip.get("tags"):
        _tags(f"{name}.tags", skip["tags"])


def _url(name: str, value: Any) -> None:
    check_site(str(value), name)


def _template(name: str, value: Any) -> None:
    check_template(str(value), name)


def _known(name: str, fields: Mapping[str, Any], names: Collection[str]) -> None:
    unknown = sorted(str(one) for one in set(fields) - set(names))
    if unknown:
        raise BadInput(f"{name} has nothing called {shown(', '.join(unknown))}", advice=f"It has {', '.join(names)}.")


def _dict(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(
            f"{name} is {shown(value)}, which is not a dictionary",
            advice="Give names with values, in YAML or as a text in JSON or like version=latest.",
        )
    return value


def _list(name: str, value: Any) -> list[Any]:
    """The entries; a text with commas is a list, as Ansible takes it."""
    if isinstance(value, str) and not value.strip().startswith("["):
        return value.split(",")
    if not isinstance(value, (list, tuple)) or any(one is None or isinstance(one, (list, Mapping)) for one in value):
        raise BadInput(
            f"{name} is {shown(value)}, which is not a list of numbers and texts",
            advice="Give a list, in YAML or as a text in JSON or with commas.",
        )
    return list(value)
