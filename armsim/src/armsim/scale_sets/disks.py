# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The storage profile of an instance: the model's, with names and places of its own disks."""

from __future__ import annotations

import random

from armsim.common.wire import COMPUTE, Json, guid
from armsim.instances.instance import Instance
from armsim.scale_sets.scale_set import ScaleSet

# Of the model's disk, an instance's has these, too, where they are given.
_KEPT = ("writeAcceleratorEnabled", "diffDiskSettings", "deleteOption")
# Of the model's storage profile.
_KEPT_OF_PROFILE = ("diskControllerType",)


def is_managed(instance: Instance) -> bool:
    """Whether the disks are resources of their own, not blobs in a storage account."""
    disk = _of_model(instance).get("osDisk") or {}
    has_image = instance.reference is not None or instance.disk_attached
    return has_image and not disk.get("vhdContainers")


def storage_profile(scale_set: ScaleSet, instance: Instance) -> Json:
    """Image and disks of an instance."""
    model = _of_model(instance)
    disk_of_model = model.get("osDisk") or {}
    name = disk_name(instance)
    disk: Json = {
        "osType": instance.image.os_type,
        "name": name,
        "createOption": "Attach" if instance.disk_attached else "FromImage",
        "caching": disk_of_model.get("caching", "ReadWrite"),
        **{key: disk_of_model[key] for key in _KEPT if key in disk_of_model},
    }
    if "diffDiskSettings" in disk:
        disk["deleteOption"] = "Delete"
    profile: Json = {} if instance.reference is None else {"imageReference": instance.reference}
    profile["osDisk"] = disk
    profile.update({key: model[key] for key in _KEPT_OF_PROFILE if key in model})
    if not is_managed(instance):
        # Without managed disks there is no list of data disks (recorded).
        containers = disk_of_model.get("vhdContainers") or [""]
        disk["vhd"] = {"uri": f"{containers[0]}/{name}.vhd"}
        if instance.reference is None:
            disk["image"] = {"uri": instance.image.key}
        return profile
    kind = (disk_of_model.get("managedDisk") or {}).get("storageAccountType", "Premium_LRS")
    disk["managedDisk"] = _managed(scale_set, name, kind)
    disk["diskSizeGB"] = disk_of_model.get("diskSizeGB", 30)
    profile["dataDisks"] = [
        *(_data_disk(scale_set, instance, given) for given in model.get("dataDisks") or []),
        *map(_attached_disk, instance.attached_disks),
    ]
    return profile


def attached(profile: Json) -> list[Json] | None:
    """The disks that the storage profile of a PUT attaches; None where it does not contain data disks."""
    given = profile.get("dataDisks")
    if not isinstance(given, list):
        return None
    return [disk for disk in given if isinstance(disk, dict) and disk.get("createOption") == "Attach"]


def disk_name(instance: Instance) -> str:
    return f"{instance.name}_OsDisk_1_{instance.disk}"


def data_disk_names(instance: Instance) -> list[str]:
    return [_data_disk_name(instance, given) for given in _of_model(instance).get("dataDisks") or []]


def _data_disk_name(instance: Instance, given: Json) -> str:
    lun = given.get("lun", 0)
    identity = guid(random.Random(f"{instance.disk}/{lun}")).replace("-", "")
    return f"{instance.name}_disk{lun + 2}_{identity}"


def _of_model(instance: Instance) -> Json:
    return instance.model.profile.get("storageProfile") or {}


def _data_disk(scale_set: ScaleSet, instance: Instance, given: Json) -> Json:
    name = _data_disk_name(instance, given)
    kind = (given.get("managedDisk") or {}).get("storageAccountType", "Premium_LRS")
    return {"name": name, **given, "managedDisk": _managed(scale_set, name, kind), "toBeDetached": False}


def _attached_disk(given: Json) -> Json:
    """The name is that of the resource; kind and size, which it reports elsewhere, are made up."""
    disk = given.get("managedDisk") or {}
    return {
        "lun": given.get("lun", 0),
        "name": str(disk.get("id", "")).rpartition("/")[2],
        "createOption": "Attach",
        "caching": given.get("caching", "None"),
        **{key: given[key] for key in _KEPT if key in given},
        "managedDisk": {"storageAccountType": "Standard_LRS", **disk},
        "diskSizeGB": given.get("diskSizeGB", 4),
        "toBeDetached": bool(given.get("toBeDetached")),
    }


def _managed(scale_set: ScaleSet, name: str, kind: str) -> Json:
    group = f"/subscriptions/{scale_set.id.split('/')[2]}/resourceGroups/{scale_set.resource_group.upper()}"
    return {"storageAccountType": kind, "id": f"{group}/providers/{COMPUTE}/disks/{name}"}
