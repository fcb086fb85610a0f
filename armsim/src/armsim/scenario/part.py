# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What all parts of the schema are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Guid = Annotated[str, StringConstraints(pattern=r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/?#]+$")]
HealthReport = Literal["healthy", "unhealthy", "unknown", "none"]


class Part(BaseModel):
    """Base of all parts of the schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ImageFields(Part):
    """Fields by which a model's image reference names an image, of whatever kind."""

    publisher: Name | None = Field(default=None, description="of a platform image")
    offer: Name | None = Field(default=None, description="of a platform image")
    sku: Name | None = Field(default=None, description="of a platform image")
    version: Name | None = Field(default=None, description="of a platform image; may be latest")
    id: str | None = Field(default=None, description="of a gallery or managed image")
    shared_gallery_image_id: str | None = Field(default=None, description="of a directly shared gallery")
    community_gallery_image_id: str | None = Field(default=None, description="of a community gallery")
