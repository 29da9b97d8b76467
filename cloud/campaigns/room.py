"""The room as one: campaigns, and what is collected for them."""

from collections.abc import Callable
from datetime import datetime

from cloud.campaigns import store
from cloud.campaigns.service import CampaignService, CampaignSettings, Near
from cloud.campaigns.windows import WindowService, WindowSettings
from cloud.database import Database
from cloud.security.audit import Audit


def make_campaigns(
    database: Database,
    audit: Audit,
    settings: CampaignSettings,
    kept: WindowSettings,
    now: Callable[[], datetime],
    *,
    near: Near,
) -> CampaignService:
    """The service, with that of windows; `kept` bounds these."""
    windows = WindowService(database, audit, kept, now, is_asked=store.is_asked)
    return CampaignService(database, audit, settings, now, near=near, windows=windows)
