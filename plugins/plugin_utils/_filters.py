# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How a function becomes a filter: no error comes out but such as Ansible prints as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE

Filter = Callable[..., Any]

# The records that filters take, and where each comes from.
_RECORDS = {
    "vmss": "the ansible_facts.vmss of azroll.vmss.vmss_instance_facts",
    "target": "an image as azroll.vmss.vmss_image_update returns it",
    "report": "the content of a report.json",
}


def as_filters(*functions: Filter) -> dict[str, Filter]:
    """The functions under their own names, for `FilterModule.filters`. They raise AnsibleFilterError only."""
    return {function.__name__: _translating(function) for function in functions}


def _translating(function: Filter) -> Filter:
    name, takes = function.__name__, signature(function)
    records = ", ".join(f"{one} must be {_RECORDS[one]}" for one in takes.parameters if one in _RECORDS)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            takes.bind(*args, **kwargs)
        except TypeError as exc:
            raise AnsibleFilterError(f"{name}: {exc}.") from None
        # Without their causes: ansible-core adds the words of each, with all of the value that it stumbled over.
        try:
            return function(*args, **kwargs)
        except VmssError as exc:
            raise AnsibleFilterError(exc.describe(ROLE)) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
            # Options are checked one by one; a record is taken as whole, and what is wrong may be anywhere inside.
            why = f"{type(exc).__name__}: {shown(next(iter(exc.args), ''))}"
            raise AnsibleFilterError(f"{name} cannot read what it was given ({why}): {records}.") from None

    return wrapper
