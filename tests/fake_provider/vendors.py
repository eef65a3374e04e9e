"""Lists of models, and what is told beside them, in the shapes of several servers."""

from typing import Any

OPENROUTER: dict[str, Any] = {
    "data": [
        {
            "id": "maker/thinker",
            "canonical_slug": "maker/thinker-2026",
            "name": "Maker: Thinker",
            "created": 1760000000,
            "description": "Thinks.",
            "context_length": 400000,
            "architecture": {
                "modality": "text+image->text",
                "input_modalities": ["text", "image", "file"],
                "output_modalities": ["text"],
                "tokenizer": "GPT",
                "instruct_type": None,
            },
            "pricing": {
                "prompt": "0.00000125",
                "completion": "0.00001",
                "request": "0",
                "image": "0",
                "web_search": "0.01",
                "input_cache_read": "0.000000125",
            },
            "top_provider": {"context_length": 400000, "max_completion_tokens": 128000, "is_moderated": True},
            "per_request_limits": None,
            "supported_parameters": ["include_reasoning", "max_tokens", "reasoning", "tools"],
        },
        {
            "id": "maker/small:free",
            "context_length": 32768,
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "pricing": {"prompt": "0", "completion": "0"},
            "supported_parameters": ["max_tokens", "temperature"],
        },
        {
            "id": "router/auto",
            "context_length": 2000000,
            "architecture": {"input_modalities": ["text", "image"]},
            "pricing": {"prompt": "-1", "completion": "-1"},
            "supported_parameters": [],
        },
    ]
}
VLLM: dict[str, Any] = {
    "object": "list",
    "data": [
        {
            "id": "Qwen/Qwen3-8B",
            "object": "model",
            "created": 1760000000,
            "owned_by": "vllm",
            "root": "Qwen/Qwen3-8B",
            "parent": None,
            "max_model_len": 16384,
            "permission": [{"id": "modelperm-1", "allow_sampling": True}],
        }
    ],
}
OLLAMA: dict[str, Any] = {
    "object": "list",
    "data": [
        {"id": "llama3.2-vision:11b", "object": "model", "created": 1760000000, "owned_by": "library"},
        {"id": "qwen3:4b", "object": "model", "created": 1760000000, "owned_by": "library"},
        {"id": "gone:1b", "object": "model", "created": 1760000000, "owned_by": "library"},
    ],
}
SHOWN: dict[str, Any] = {
    "llama3.2-vision:11b": {
        "license": "words " * 1000,
        "modelfile": "FROM llama",
        "parameters": "temperature 0.6",
        "template": "{{ .Prompt }}",
        "details": {"format": "gguf", "family": "mllama", "parameter_size": "10.7B", "quantization_level": "Q4_K_M"},
        "model_info": {
            "general.architecture": "mllama",
            "general.parameter_count": 9775192064,
            "mllama.context_length": 131072,
            "mllama.embedding_length": 4096,
        },
        "capabilities": ["completion", "vision"],
        "modified_at": "2026-10-01T12:00:00Z",
    },
    "qwen3:4b": {
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
        "capabilities": ["completion", "tools", "thinking"],
    },
}
"""What Ollama's POST /api/show says, by the name of the model; it knows no other."""
LLAMA_CPP: dict[str, Any] = {
    "object": "list",
    "data": [
        {
            "id": "smollm2.gguf",
            "object": "model",
            "created": 1760000000,
            "owned_by": "llamacpp",
            "meta": {"vocab_type": 2, "n_vocab": 49152, "n_ctx_train": 32768, "n_embd": 960, "size": 270000000},
        }
    ],
}
PROPS: dict[str, Any] = {
    "default_generation_settings": {"id": 0, "n_ctx": 8192, "params": {"temperature": 0.8}},
    "total_slots": 4,
    "model_path": "smollm2.gguf",
    "modalities": {"vision": False, "audio": False},
    "chat_template": "...",
    "build_info": "b8681",
}
LM_STUDIO: dict[str, Any] = {
    "data": [
        {"id": "qwen2-vl-7b-instruct", "object": "model", "owned_by": "organization_owner"},
        {"id": "llama-3.1-8b-instruct", "object": "model", "owned_by": "organization_owner"},
    ],
    "object": "list",
}
STUDIO_TELLS: dict[str, Any] = {
    "object": "list",
    "data": [
        {
            "id": "qwen2-vl-7b-instruct",
            "object": "model",
            "type": "vlm",
            "publisher": "mlx-community",
            "arch": "qwen2_vl",
            "state": "loaded",
            "max_context_length": 32768,
            "loaded_context_length": 4096,
        },
        {
            "id": "llama-3.1-8b-instruct",
            "object": "model",
            "type": "llm",
            "arch": "llama",
            "state": "not-loaded",
            "max_context_length": 131072,
        },
    ],
}
LISTS: dict[str, Any] = {
    "/openrouter/v1/models": OPENROUTER,
    "/vllm/v1/models": VLLM,
    "/ollama/v1/models": OLLAMA,
    "/llama/v1/models": LLAMA_CPP,
    "/llama/props": PROPS,
    "/studio/v1/models": LM_STUDIO,
    "/studio/api/v0/models": STUDIO_TELLS,
}
SHOW = "/ollama/api/show"
