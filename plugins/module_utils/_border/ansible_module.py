# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The module as Ansible knows it, made safe against arguments that ansible-core stumbles over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.validation import check_type_dict, check_type_int

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._options.module_options import texts


class VmssModule(AnsibleModule):
    """A module that also survives values which ansible-core does not.

    Where an option with options of its own is not a dictionary, ansible-core 2.16 to 2.21 forget which options are
    secret and show them all in the invocation, or end in a traceback, as they do for an infinite number.
    """

    params: dict[str, Any]

    def _load_params(self) -> None:
        super()._load_params()
        try:
            for name, spec in self.argument_spec.items():
                if self.params.get(name) is not None:
                    _check_type(name, spec, self.params[name])
        except BadInput as error:
            # Nothing is known to be secret yet, so nothing of what was given is shown.
            self.params = {}
            self.fail_json(msg=str(error), error=error.to_dict())


def _check_type(name: str, spec: Mapping[str, Any], value: Any) -> None:
    if any("\0" in text for _path, text in texts(value)):
        raise BadInput(f"{name} holds a null character", advice="Give it without.")
    if "int" in (spec["type"], spec.get("elements")):
        for one in value if isinstance(value, list) else str(value).split(","):
            if _is_infinite(one):
                raise BadInput(f"{name} holds an infinite number", advice="Give digits, for example 30.")
    if "options" in spec:
        try:
            check_type_dict(value)
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"{name} is not a dictionary, but of type {type(value).__name__}",
                advice="Give names with values, for example {version: latest}.",
            ) from error


def _is_infinite(value: Any) -> bool:
    try:
        check_type_int(value)
    except OverflowError:
        return True
    except (TypeError, ValueError):
        return False
    return False
