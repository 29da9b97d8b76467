"""What only the wiring knows: how the workflow's words become notices."""

import gc

from cloud.app import leave_what_is_loaded
from cloud.notify.delivery import DeliveryFilter
from cloud.pages import Window
from cloud.wiring import teller
from cloud.workflow.model import Message
from edge.wire.messages import Severity
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.telling import ADA

QUESTION = "may it be repaired?"
ASKS = Message(4, "case/4/question/1", "north", "van-7", Severity.WARNING, QUESTION, "The pump is worn", "a1")


def test_a_case_is_told_of_once_and_leads_to_its_page(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    for _ in range(2):
        with cloud.database.transaction() as connection:
            teller(cloud.notify, "https://telltale.example.org/")(connection, ASKS)
    [told] = cloud.notify.deliveries(DeliveryFilter(), Window()).items
    assert told.notice.notice.link == "https://telltale.example.org/cases/4"
    assert (told.notice.notice.title, told.notice.notice.correlation) == (QUESTION, "a1")


def test_without_a_console_there_is_no_link(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    with cloud.database.transaction() as connection:
        teller(cloud.notify, None)(connection, ASKS)
    [told] = cloud.notify.deliveries(DeliveryFilter(), Window()).items
    assert told.notice.notice.link is None


def test_what_is_loaded_is_looked_through_no_more() -> None:
    leave_what_is_loaded()
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
