"""How servers say that they do not take a parameter."""

import json
from collections.abc import Callable
from typing import Any

Way = Callable[[str], tuple[int, Any]]

HINTS = {"max_tokens": " Use 'max_completion_tokens' instead."}


def openai(name: str) -> tuple[int, Any]:
    message = f"Unsupported parameter: '{name}' is not supported with this model.{HINTS.get(name, '')}"
    code = "unsupported_parameter"
    return 400, {"error": {"message": message, "type": "invalid_request_error", "param": name, "code": code}}


def pydantic(name: str) -> tuple[int, Any]:
    about = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": {}}
    return 422, {"detail": [about]}


def mistral(name: str) -> tuple[int, Any]:
    _, detail = pydantic(name)
    return 422, {"object": "error", "message": detail, "type": "invalid_request_error", "param": None, "code": None}


def databricks(name: str) -> tuple[int, Any]:
    return 400, {"error_code": "BAD_REQUEST", "message": json.dumps({"external_model_message": pydantic(name)[1]})}


def azure(name: str) -> tuple[int, Any]:
    message = f"Unrecognized request argument supplied: {name}"
    return 400, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def bedrock(name: str) -> tuple[int, Any]:
    refused = f"extraneous key [{name}] is not permitted"
    return 400, {"message": f"Malformed input request: #: {refused}, please reformat your input and try again."}


def groq(name: str) -> tuple[int, Any]:
    return 400, {"error": {"message": f"property '{name}' is unsupported", "type": "invalid_request_error"}}


def go(name: str) -> tuple[int, Any]:
    return 400, f'json: unknown field "{name}"'


def nameless(name: str) -> tuple[int, Any]:
    return 400, {"error": "extra fields not permitted"}


def google(name: str) -> tuple[int, Any]:
    message = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    return 400, [{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}]


def gateway(name: str) -> tuple[int, Any]:
    return 500, {
        "error": {"message": f"litellm.UnsupportedParamsError: does not support parameters: ['{name}']", "code": "500"}
    }


NO_PICTURES: dict[str, tuple[int, Any]] = {
    "openrouter": (404, {"error": {"message": "No endpoints found that support image input", "code": 404}}),
    "openai": (400, {"error": {"message": "Invalid content type. image_url is only supported by certain models.",
                               "type": "invalid_request_error", "param": "messages.[0].content.[0].type"}}),
    "llama.cpp": (500, {"error": {"code": 500, "type": "server_error", "message": "image input is not supported - "
                                  "hint: if this is unexpected, you may need to provide the mmproj"}}),
    "ollama": (400, {"error": {"message": "this model does not support image input (ref: b8bd630e)"}}),
    "deepseek": (422, "Failed to deserialize the JSON body into the target type: messages[0]: invalid type: sequence, "
                      "expected a string at line 1 column 2901"),
}  # fmt: skip
"""Issues of GitHub: github/app#2163, browser-use/web-ui#274, ggml-org/llama.cpp#15377, ollama#17301, chatbox#1740."""
WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (openai, pydantic, mistral, databricks, azure, bedrock, groq, go, nameless, google, gateway)
}


def refusal(name: str, way: str) -> tuple[int, bytes]:
    """Return status and body of a refusal in the words of one kind of server."""
    status, body = NO_PICTURES[way] if name == "pictures" else WAYS[way](name)
    return status, body.encode() if isinstance(body, str) else json.dumps(body).encode()
