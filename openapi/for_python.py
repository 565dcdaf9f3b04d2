"""Reads the document and writes it as the generator of the Python client can use it.

Of each request body it gets one form, the one for any bytes, because it can't tell several apart. The
codes of errors become plain text, so that a code of a later server is no reason to fail. What may be null
loses the type beside its `oneOf`, because the generator would forget the null.
"""

import json
import sys

PREFERRED = ["application/vnd.primatomic.events", "application/octet-stream", "application/json"]

document = json.load(sys.stdin)
for methods in document["paths"].values():
    for operation in methods.values():
        content = operation.get("requestBody", {}).get("content", {})
        if len(content) > 1:
            kept = next((form for form in PREFERRED if form in content), next(iter(content)))
            operation["requestBody"]["content"] = {kept: content[kept]}
for schema in document["components"]["schemas"].values():
    for field in schema.get("properties", {}).values():
        if "oneOf" in field:
            field.pop("type", None)
del document["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
json.dump(document, sys.stdout)
