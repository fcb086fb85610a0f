# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What an instance shows of the encryption of its disks, which an extension does (recorded).

Nothing is encrypted: the disk shows what the extension of the instance's model requests.
"""

from __future__ import annotations

from collections.abc import Iterable

from armsim.common.wire import Json

_ENCRYPTED = {"code": "EncryptionState/encrypted", "level": "Info", "displayStatus": "Encryption is enabled on disk"}
_PLAIN = {"code": "EncryptionState/notEncrypted", "level": "Info", "displayStatus": "Disk is not encrypted"}
_PUBLISHER, _TYPE = "Microsoft.Azure.Security", "AzureDiskEncryption"


def _encrypts(extension: Json) -> bool:
    properties = extension["properties"]
    return properties["publisher"] == _PUBLISHER and str(properties["type"]).startswith(_TYPE)


def _settings(extension: Json) -> Json:
    settings = extension["properties"].get("settings")
    return settings if isinstance(settings, dict) else {}


def shown(disks: list[Json], extensions: Iterable[Json]) -> list[Json]:
    """The views of the disks, that of the system first: with one more status, and with the place of the keys."""
    extension = next(filter(_encrypts, extensions), None)
    if extension is None:
        return disks
    system, *others = disks
    settings = _settings(extension)
    if settings.get("EncryptionOperation") == "DisableEncryption":
        # Since 2.2 the keys are not kept with the disk any more (recorded).
        return [_with(system, _PLAIN, None if _keeps_no_keys(extension) else {"enabled": False}), *others]
    keys = _keys(extension, settings)
    volumes = settings.get("VolumeType")
    return [
        _with(system, _PLAIN) if volumes == "Data" else _with(system, _ENCRYPTED, keys),
        # A data disk has no volume yet that could be encrypted (recorded: 22 of 22).
        *(_with(disk, _PLAIN) for disk in others),
    ]


def _keeps_no_keys(extension: Json) -> bool:
    version = str(extension["properties"].get("typeHandlerVersion", "")).split(".")
    return [int(part) for part in version if part.isdigit()] >= [2, 2]


def _with(disk: Json, status: Json, settings: Json | None = None) -> Json:
    encryption = {} if settings is None else {"encryptionSettings": [settings]}
    return {"name": disk["name"], **encryption, "statuses": [*disk["statuses"], status]}


def _keys(extension: Json, settings: Json) -> Json:
    key: Json = {
        "sourceVault": {"id": settings.get("KeyVaultResourceId", "")},
        "secretUrl": message(extension),
    }
    keys: Json = {"enabled": True, "diskEncryptionKey": key}
    if settings.get("KeyEncryptionKeyURL"):
        vault = {"id": settings.get("KekVaultResourceId", "")}
        keys["keyEncryptionKey"] = {"sourceVault": vault, "keyUrl": settings["KeyEncryptionKeyURL"]}
    return keys


def message(extension: Json) -> str | None:
    """What the extension reports: the address of the secret; null for another extension."""
    if not _encrypts(extension):
        return None
    return f"{str(_settings(extension).get('KeyVaultURL', '')).rstrip('/')}/secrets/{_TYPE}/1"
