"""Questions for the table of recall: (what is asked, a part of the lesson that answers it).

Written before the first measurement and not changed since; small, so a difference of one question is noise.
"""

REWORDED = (
    ("move vectors to a new model while people keep searching", "another embedding model without downtime"),
    ("unit should come back after it dies but give up if the settings are wrong", "restarts after a crash"),
    ("notes cannot be ingested, ollama does not answer in time", "no embedding from"),
    ("nix refuses to read a file outside the flake", "pure evaluation mode"),
    ("name lookup does not work in the coordinator", "could not resolve"),
    ("service may not open the unix socket of the llm server", "llama.sock"),
    ("compiling with GPU support is killed for lack of RAM", "cudaSupport"),
    ("my question is too long for the model window", "--ctx-size"),
    ("where do I put a token so that it is not world readable", "LoadCredential"),
    ("the checksum of the downloaded sources changed after an update", "lib.fakeHash"),
    ("agent starts before the vector database is listening", "readyz"),
    ("is it enough to save the embeddings", "text that only the index held is gone"),
    ("how do I notice that a new model made answers worse", "same fifty questions"),
    ("save energy when unplugged", "udev rule"),
    ("best way to cut markdown and source files into pieces", "Chunks of fixed length"),
)

PASTED = (
    (
        "/home/kim/docs/plan.md: no embedding from http://127.0.0.1:11434/api/embed (timeout after 60 s)",
        "no embedding from",
    ),
    (
        "error: access to path '/etc/hosts' is forbidden in pure evaluation mode (use '--impure')",
        "pure evaluation",
    ),
    (
        "could not resolve qdrant.lan (asked 192.0.2.53); config in /home/kim/.config/c.toml",
        "could not resolve",
    ),
    ("PermissionError: [Errno 13] Permission denied: '/run/llama/llama.sock' (uid 1001)", "llama.sock"),
    (
        "error: builder for '/nix/store/zz11-llama-cpp-cuda-5120.drv' failed with exit code 137 after 90 s",
        "cudaSupport",
    ),
    ("slot 0: prompt of 33010 tokens exceeds the context of 8192", "--ctx-size"),
    ("401 Unauthorized from https://api.example.com/v1/models: key is not known", "LoadCredential"),
    ("error: hash mismatch in fixed-output derivation '/nix/store/0a0b-source.drv':", "lib.fakeHash"),
    ("hybrid-coordinator[411]: connection to 127.0.0.1:6333 refused after 5 attempts", "readyz"),
)

DISTRACTORS = (
    ("connection to 127.0.0.1:5432 refused", "Start postgresql.service before the application."),
    (
        "connection reset by peer while reading from the embedding server",
        "Lower the number of parallel requests.",
    ),
    (
        "Permission denied: '/var/lib/qdrant/storage'",
        "Let systemd create the folder with StateDirectory=qdrant.",
    ),
    ("Permission denied (publickey) while pushing", "Add the deploy key to the agent with ssh-add."),
    ("error: attribute 'llama-cpp' missing", "Update the nixpkgs input of the flake with nix flake update."),
    ("error: infinite recursion encountered at nixpkgs/lib/modules.nix", "Do not use config in imports."),
    (
        "error: builder failed with exit code 1: ld: cannot find -lcuda",
        "Add the driver's lib folder to rpath.",
    ),
    ("403 Forbidden from https://api.example.org/v1/chat", "The key has no right to this model; ask for it."),
    ("429 Too Many Requests from https://api.example.org", "Wait for the seconds that Retry-After names."),
    ("prompt template of the model is missing", "Pass the template with --chat-template-file."),
    (
        "model file is truncated: expected 4.1 GB",
        "Download it again with --continue and compare its checksum.",
    ),
    ("certificate verify failed: unable to get local issuer certificate", "Set SSL_CERT_FILE to the bundle."),
    ("collection skills-patterns already exists", "Recreate it only after the export was committed."),
    (
        "disk usage exceeded: no space left on device /nix",
        "Run nix-collect-garbage -d once a week by a timer.",
    ),
    ("unit coordinator.service entered failed state: start-limit-hit", "Fix the unit, then reset-failed it."),
)
