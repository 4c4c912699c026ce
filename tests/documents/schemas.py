#!/usr/bin/python3
"""The schemas of proto/asyncapi.yaml: made of the .proto files, their comments with them.

    tests/documents/schemas.py           says whether the document has them as they are
    tests/documents/schemas.py --write   writes them: all that stands below the line `  schemas:`

A message is described as protobuf's own JSON mapping shows it, with the field names of the .proto: that is what a payload
means, and what a decoded one can be checked with.
"""
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = f"{ROOT}/proto/asyncapi.yaml"
NAMES = ("record", "event", "action", "envelope")
MARK = "  schemas:\n"
FIELD = descriptor_pb2.FieldDescriptorProto
TEXT_64 = {FIELD.TYPE_INT64, FIELD.TYPE_UINT64, FIELD.TYPE_SINT64}
WHOLE = {FIELD.TYPE_INT32, FIELD.TYPE_UINT32, FIELD.TYPE_SINT32}


def descriptors():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "--include_source_info", f"--descriptor_set_out={out.name}", f"--proto_path={ROOT}/proto"]
                       + [f"buckstop/v1/{name}.proto" for name in NAMES], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read()).file


def comments(file):
    return {tuple(location.path): " ".join((location.leading_comments + " " + location.trailing_comments).split())
            for location in file.source_code_info.location}


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def type_of(field):
    if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
        return [f"$ref: '#/components/schemas/{field.type_name.rsplit('.', 1)[1]}'"]
    if field.type in TEXT_64:
        return ["type: string", "pattern: '^-?[0-9]+$'"]
    if field.type in WHOLE:
        return ["type: integer"]
    if field.type == FIELD.TYPE_BOOL:
        return ["type: boolean"]
    return ["type: string"] + (["contentEncoding: base64"] if field.type == FIELD.TYPE_BYTES else [])


def message_lines(message, about, path):
    lines = [f"    {message.name}:", "      type: object"]
    if about.get(path):
        lines.append("      description: " + quoted(about[path]))
    lines += ["      additionalProperties: false"] + (["      properties:"] if message.field else [])
    for index, field in enumerate(message.field):
        lines.append(f"        {field.name}:")
        said = about.get(path + (2, index))
        inner = type_of(field)
        if field.label == FIELD.LABEL_REPEATED:
            lines += ["          type: array", "          items:"] + ["            " + line for line in inner]
        else:
            lines += ["          " + line for line in inner]
        if said:
            lines.append("          description: " + quoted(said))
    return lines


def enum_lines(enum, about, path):
    lines = [f"    {enum.name}:", "      type: string"]
    words = [f"{value.name}: {about[path + (2, index)]}" for index, value in enumerate(enum.value) if about.get(path + (2, index))]
    if about.get(path) or words:
        lines.append("      description: " + quoted("; ".join(([about[path]] if about.get(path) else []) + words)))
    return lines + ["      enum:"] + [f"        - {value.name}" for value in enum.value]


def wanted(files):
    """Those that an Envelope leads to: what the store alone keeps is nobody's message."""
    messages = {message.name: message for file in files for message in file.message_type}
    found, left = set(), ["Envelope"]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        for field in messages[name].field if name in messages else []:
            if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
                left.append(field.type_name.rsplit(".", 1)[1])
    return found


def schemas():
    files = [file for file in descriptors() if file.package == "buckstop.v1"]
    found, blocks = wanted(files), {}
    for file in files:
        about = comments(file)
        for index, message in enumerate(file.message_type):
            blocks[message.name] = message_lines(message, about, (4, index))
        for index, enum in enumerate(file.enum_type):
            blocks[enum.name] = enum_lines(enum, about, (5, index))
    return "".join("\n".join(blocks[name]) + "\n" for name in sorted(found))


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        head, _, tail = file.read().partition(MARK)
    new = schemas()
    if "--write" in sys.argv[1:]:
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(head + MARK + new)
    elif tail != new:
        print("proto/asyncapi.yaml does not say what the .proto files do; mend it by: tests/documents/schemas.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
