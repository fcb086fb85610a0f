# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Reading a dump: two files with JSON, of the Azure CLI or as on the wire."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armsim.common.wire import Json
from armsim.dump import arm_form

SET_FILE, INSTANCES_FILE = "set.json", "instances.json"
SHOW = "az vmss show -g GROUP -n NAME --output json"
LIST = "az vmss list-instances -g GROUP -n NAME --expand instanceView --output json"

_SCALE_SET = (
    r"(/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.Compute/virtualMachineScaleSets/[^/]+)"
)
_MODEL_ID = re.compile(_SCALE_SET, re.IGNORECASE)
_INSTANCE_ID = re.compile(f"{_SCALE_SET}/virtualMachines/[^/]+", re.IGNORECASE)
_MACHINE_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/virtualMachines/[^/]+", re.IGNORECASE
)


class DumpError(Exception):
    """A dump that cannot be used; the text is one line, names the file and what to do."""


@dataclass(frozen=True)
class Dump:
    """A scale set as it was read: its model and its instances, as ARM JSON. ``source`` is where from, for messages.

    The instances may lack ``properties.instanceView``; those of a Flexible set may be its virtual machines.
    """

    source: str
    model: Json
    instances: tuple[Json, ...]

    @property
    def id(self) -> str:
        return str(self.model["id"])

    @property
    def name(self) -> str:
        return self.id.split("/")[8]

    @property
    def subscription(self) -> str:
        return self.id.split("/")[2]

    @property
    def resource_group(self) -> str:
        return self.id.split("/")[4]


def read(paths: Sequence[str | Path]) -> Dump:
    """Read the model and the instances from two files, or from a folder that holds set.json and instances.json.

    Raises DumpError.
    """
    files = [Path(path) for path in paths]
    if len(files) == 1 and files[0].is_dir():
        files = [files[0] / SET_FILE, files[0] / INSTANCES_FILE]
    if len(files) == 1 and not files[0].exists():
        raise DumpError(f"{files[0]}: there is no such folder")
    if len(files) != 2:
        names = " ".join(str(file) for file in files)
        raise DumpError(f"{names}: give two files, {SET_FILE} and {INSTANCES_FILE}, or a folder that holds both")
    model = _model(files[0])
    return Dump(str(files[0]), model, _instances(files[1], model))


def _model(file: Path) -> Json:
    document = _load(file, SHOW)
    if isinstance(document, list) or (isinstance(document, dict) and "value" in document):
        raise DumpError(f"{file}: holds a list, not one scale set; save what this prints: {SHOW}")
    if not isinstance(document, dict) or not _MODEL_ID.fullmatch(str(document.get("id"))):
        raise DumpError(f"{file}: holds no scale set; save what this prints: {SHOW}")
    if not document.get("location"):
        raise DumpError(f"{file}: has no location, it is not the whole scale set; save what this prints: {SHOW}")
    model = arm_form.model(document)
    model["name"] = model["id"].split("/")[8]
    return model


def _instances(file: Path, model: Json) -> tuple[Json, ...]:
    document = _load(file, LIST)
    if isinstance(document, dict) and document.get("nextLink"):
        raise DumpError(f"{file}: holds only the first page of the list (nextLink); save what this prints: {LIST}")
    entries = document.get("value") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise DumpError(f"{file}: holds no list of instances; save what this prints: {LIST}")
    if not entries:
        raise DumpError(
            f"{file}: holds an empty list: there is nothing to rehearse with; save what this prints: {LIST}"
        )
    instances = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise DumpError(f"{file}: holds no list of instances; save what this prints: {LIST}")
        instance = arm_form.instance(entry)
        owner = _owner(instance)
        if owner is None:
            raise DumpError(f"{file}: {entry['id']} is not an instance of a scale set; save what this prints: {LIST}")
        if owner.lower() != model["id"].lower():
            raise DumpError(f"{file}: holds instances of {owner}, but the scale set is {model['id']}; read both again")
        instances.append(instance)
    counts = Counter(instance["id"].lower() for instance in instances)
    twice = [name for name, number in counts.items() if number > 1]
    if twice:
        raise DumpError(f"{file}: holds {twice[0]} twice; save what this prints: {LIST}")
    return tuple(instances)


def _owner(instance: Json) -> str | None:
    """The id of the scale set that an instance belongs to."""
    match = _INSTANCE_ID.fullmatch(instance["id"])
    if match:
        return match[1]
    if _MACHINE_ID.fullmatch(instance["id"]):
        return (instance["properties"].get("virtualMachineScaleSet") or {}).get("id")
    return None


def _load(file: Path, command: str) -> Any:
    try:
        # Of bytes, the encoding is found out: PowerShell writes UTF-16.
        return json.loads(file.read_bytes())
    except OSError as error:
        raise DumpError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DumpError(f"{file}: is not text; save what this prints: {command}") from error
    except json.JSONDecodeError as error:
        if not error.doc.strip():
            raise DumpError(f"{file}: is empty; save what this prints: {command}") from error
        text = error.doc.strip()
        cut_off = text[0] + text[-1] not in ("{}", "[]") and text[0] in "{["
        kind = "ends in the middle" if cut_off else f"is not JSON (line {error.lineno}: {error.msg})"
        raise DumpError(f"{file}: {kind}; save what this prints: {command}") from error
