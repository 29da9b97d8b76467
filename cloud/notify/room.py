"""The whole room, wired."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud.config import NotifyConfig
from cloud.database import Database
from cloud.notify.channel import Kind
from cloud.notify.contacts import ContactService
from cloud.notify.dispatch import Dispatch
from cloud.notify.mail import MailCarrier
from cloud.notify.push import PushCarrier, readable
from cloud.notify.sending import Carrier, Sender
from cloud.notify.service import NotifyService, NotifySettings
from cloud.notify.webhook import WebhookCarrier
from cloud.notify.worker import Worker
from cloud.security.audit import Audit


@dataclass(frozen=True, slots=True)
class Notify:
    """Everything that the rest of the cloud may ask about telling people, and the part that sends."""

    service: NotifyService
    contacts: ContactService
    worker: Worker


def make_notify(database: Database, audit: Audit, config: NotifyConfig, now: Callable[[], datetime]) -> Notify:
    """The services of this room, and the worker, which whoever runs it starts and watches."""
    private = config.webhook_private
    dispatch = Dispatch(database, now, random.SystemRandom().uniform, per_hour=config.per_hour)
    carriers: dict[Kind, Carrier] = {
        Kind.MAIL: MailCarrier(config.server, config.from_address),
        Kind.WEBHOOK: WebhookCarrier(private),
        Kind.PUSH: PushCarrier(private),
    }
    worker = Worker(dispatch, Sender(carriers, private=private).send, now)
    settings = NotifySettings(timedelta(seconds=config.escalate_after_s), config.deliveries_kept)
    contacts = ContactService(database, audit, has_mail=config.server is not None, private=private, can_push=readable)
    return Notify(NotifyService(database, settings, now, worker.wake), contacts, worker)
