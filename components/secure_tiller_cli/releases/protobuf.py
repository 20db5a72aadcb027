"""The message Release of Helm 2, as far as it is read here.

Source: Helm 2.17, _proto/hapi/release/{release,info,status,hook}.proto and _proto/hapi/chart/{chart,metadata}.proto.
A field that is not named here is kept as it is, and not looked at.
"""

from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto

_PACKAGE = "secure_tiller.hapi"

_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Release": {
        "name": (1, "string"),
        "info": (2, "Info"),
        "chart": (3, "Chart"),
        "manifest": (5, "string"),
        "hooks": (6, "repeated Hook"),
        "version": (7, "int32"),
        "namespace": (8, "string"),
    },
    "Info": {"status": (1, "Status"), "first_deployed": (2, "Timestamp"), "last_deployed": (3, "Timestamp")},
    "Status": {"code": (1, "int32")},  # an enum, which has the same form
    "Timestamp": {"seconds": (1, "int64"), "nanos": (2, "int32")},
    "Hook": {"manifest": (4, "string")},
    "Chart": {"metadata": (1, "Metadata")},
    "Metadata": {"name": (1, "string"), "version": (4, "string")},
}
"""By message and field: its number and type."""

_TYPES = {"string": Field.TYPE_STRING, "int32": Field.TYPE_INT32, "int64": Field.TYPE_INT64}


def _release() -> Any:
    file = FileDescriptorProto(name="secure_tiller/hapi.proto", package=_PACKAGE, syntax="proto3")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, (number, type_) in fields.items():
            label = Field.LABEL_REPEATED if type_.startswith("repeated ") else Field.LABEL_OPTIONAL
            field = described.field.add(name=name, number=number, label=label)
            if type_ in _TYPES:
                field.type = _TYPES[type_]
            else:
                field.type = Field.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{type_.removeprefix('repeated ')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Release"))


ReleaseMessage = _release()
"""The class of the message."""
