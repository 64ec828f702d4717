"""IPP (RFC 8010, RFC 8011): messages ⇄ bytes, the standard's names and numbers, and an asyncio client.

The codec is reached from here; the client is `distwire.ipp.client`.
"""

from distwire.ipp.attributes import Attribute, Collection, Group, attribute, collection
from distwire.ipp.decode import HeadReader, Limits, decode_message
from distwire.ipp.encode import encode_message
from distwire.ipp.enums import Operation, Status
from distwire.ipp.errors import CodecError, Incomplete, IppError, Malformed, Unencodable
from distwire.ipp.message import MEDIA_TYPE, VERSION_1_1, VERSION_2_0, Message, make_message
from distwire.ipp.tags import GroupTag, ValueTag
from distwire.ipp.values import Localized, Range, Resolution, Value

__all__ = [
    "MEDIA_TYPE",
    "VERSION_1_1",
    "VERSION_2_0",
    "Attribute",
    "CodecError",
    "Collection",
    "Group",
    "GroupTag",
    "HeadReader",
    "Incomplete",
    "IppError",
    "Limits",
    "Localized",
    "Malformed",
    "Message",
    "Operation",
    "Range",
    "Resolution",
    "Status",
    "Unencodable",
    "Value",
    "ValueTag",
    "attribute",
    "collection",
    "decode_message",
    "encode_message",
    "make_message",
]
