"""The channels by which people and systems are notified: one file each, and this literal list of them."""

from portal.notify.channels.channel import Channel
from portal.notify.channels.email import Email

CHANNELS: dict[str, Channel] = {each.name: each for each in (Email(),)}
