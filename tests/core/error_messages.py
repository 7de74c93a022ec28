"""Messages of real tools, two by two, as they print them on two machines or for two errors.

The first of a pair is as printed for alice on red, the second for bob on blue, with homes below /home.
"""

ONE_LESSON = [
    ("gcc", "main.c:12:5: error: 'foo' undeclared (first use in this function)", "main.c:40:17: error: 'foo' undeclared (first use in this function)"),
    ("gcc", "/home/alice/src/a.c:3:10: fatal error: zlib.h: No such file or directory", "/home/bob/src/a.c:9:10: fatal error: zlib.h: No such file or directory"),
    ("gcc", "cc1plus: out of memory allocating 65536 bytes after a total of 1929216 bytes", "cc1plus: out of memory allocating 131072 bytes after a total of 88080384 bytes"),
    ("ld", "/usr/bin/ld: /tmp/ccX1a2bC.o: undefined reference to `sqrt'", "/usr/bin/ld: /tmp/cc9Zq8rT.o: undefined reference to `sqrt'"),
    ("ld", "collect2: error: ld returned 1 exit status", "collect2: error: ld returned 1 exit status"),
    ("cmake", "CMake Error at CMakeLists.txt:14 (find_package): Could not find OpenSSL", "CMake Error at CMakeLists.txt:31 (find_package): Could not find OpenSSL"),
    ("make", "make: *** [Makefile:14: all] Error 2", "make: *** [Makefile:22: all] Error 2"),
    ("rustc", "error[E0308]: mismatched types --> src/main.rs:4:18", "error[E0308]: mismatched types --> src/main.rs:90:7"),
    ("cargo", "error: could not compile `serde` (lib) due to 2 previous errors; 1 warning emitted", "error: could not compile `serde` (lib) due to 11 previous errors; 4 warning emitted"),
    ("npm", "npm ERR! A complete log of this run can be found in: /home/alice/.npm/_logs/2026-05-28T18_14_11_863Z-debug-0.log", "npm ERR! A complete log of this run can be found in: /home/bob/.npm/_logs/2026-06-01T08_02_55_001Z-debug-0.log"),
    ("npm", "npm ERR! code ELIFECYCLE errno 1", "npm error code ELIFECYCLE errno 1"),
    ("gcc", "error: ‘foo’ undeclared", "error: 'foo' undeclared"),
    ("tsc", "src/app.ts(12,5): error TS2304: Cannot find name 'foo'.", "src/app.ts(88,21): error TS2304: Cannot find name 'foo'."),
    ("node", "Error: listen EADDRINUSE: address already in use 127.0.0.1:3000", "Error: listen EADDRINUSE: address already in use 127.0.0.1:3000"),
    ("node", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory [pid 4242:0x5d1e2f0]", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory [pid 991:0x6a00c80]"),
    ("pip", "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: '/tmp/pip-unpack-ab12cd'", "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: '/tmp/pip-unpack-zz98yx'"),
    ("pip", "Failed building wheel for lxml; see /tmp/pip-req-build-x1y2z3/log.txt", "Failed building wheel for lxml; see /tmp/pip-req-build-a9b8c7/log.txt"),
    ("python", 'File "/home/alice/app/main.py", line 12, in <module>\nModuleNotFoundError: No module named \'yaml\'', 'File "/home/bob/app/main.py", line 310, in <module>\nModuleNotFoundError: No module named \'yaml\''),
    ("python", "AttributeError: <Foo object at 0x7fe23b9f1290> has no attribute 'bar'", "AttributeError: <Foo object at 0x7f01aa00c9d0> has no attribute 'bar'"),
    ("python", "RuntimeError: Task <Task pending name='Task-17'> got Future attached to a different loop after 0.532 s", "RuntimeError: Task <Task pending name='Task-17'> got Future attached to a different loop after 12.1 s"),
    ("asyncio", "asyncio.exceptions.TimeoutError: timed out after 30.0 seconds", "asyncio.exceptions.TimeoutError: timed out after 60 seconds"),
    ("systemd", "nginx.service: Main process exited, code=exited, status=1/FAILURE", "nginx.service: Main process exited, code=exited, status=1/FAILURE"),
    ("systemd", "qdrant.service: Start request repeated too quickly. (restart counter is at 5)", "qdrant.service: Start request repeated too quickly. (restart counter is at 12)"),
    ("systemd", "May 28 18:14:11 systemd[1]: Failed to start Nix Store Optimiser.", "Jun  3 02:00:07 systemd[1]: Failed to start Nix Store Optimiser."),
    ("nix", "error: builder for '/nix/store/0c3zhpfk4ag3n8i0dkhdkfh1dg2vbqkl-hello.drv' failed with exit code 2", "error: builder for '/nix/store/zzzzhpfk4ag3n8i0dkhdkfh1dg2vbqkl-hello.drv' failed with exit code 2"),
    ("nix", "error: hash mismatch in fixed-output derivation: got: sha256-b0c+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "error: hash mismatch in fixed-output derivation: got: sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("docker", "Error response from daemon: container 3f4e8b7a9c1d is not running", "Error response from daemon: container 9a8b7c6d5e4f is not running"),
    ("docker", "driver failed programming external connectivity on endpoint web (9f86d081884c7d65): Bind for 0.0.0.0:80 failed: port is already allocated", "driver failed programming external connectivity on endpoint web (2c26b46b68ffc68f): Bind for 0.0.0.0:80 failed: port is already allocated"),
    ("git", "fatal: unable to access 'https://example.org/a.git/': The requested URL returned error: 403", "fatal: unable to access 'https://example.org/a.git/': The requested URL returned error: 403"),
    ("git", "error: object file .git/objects/4e/1ce271aa0f3b7c9d0a1b2c3d4e5f60718293a4 is empty", "error: object file .git/objects/77/90ab3cdd01e2f34a0a1b2c3d4e5f60718293a4 is empty"),
    ("ssh", "kex_exchange_identification: Connection closed by remote host 203.0.113.7 port 22", "kex_exchange_identification: Connection closed by remote host 198.51.100.4 port 22"),
    ("curl", "curl: (7) Failed to connect to localhost port 6333 after 0 ms: Couldn't connect to server", "curl: (7) Failed to connect to localhost port 6333 after 2031 ms: Couldn't connect to server"),
    ("postgres", "ERROR: deadlock detected DETAIL: Process 4242 waits for ShareLock on transaction 1001", "ERROR: deadlock detected DETAIL: Process 17 waits for ShareLock on transaction 9923"),
    ("postgres", "FATAL: remaining connection slots are reserved (SQLSTATE 53300) at 2026-05-28 18:14:11 UTC", "FATAL: remaining connection slots are reserved (SQLSTATE 53300) at 2026-06-02 07:00:00 UTC"),
    ("mysql", "ERROR 1045 (28000): Access denied for user 'app'@'localhost'", "ERROR 1045 (28000): Access denied for user 'app'@'localhost'"),
    ("go", "panic: runtime error: index out of range [5] with length 3 goroutine 1 [running]: main.go:12 +0x1d", "panic: runtime error: index out of range [9] with length 2 goroutine 34 [running]: main.go:99 +0x2f"),
    ("java", "java.lang.OutOfMemoryError: Java heap space at com.x.Main.run(Main.java:42)", "java.lang.OutOfMemoryError: Java heap space at com.x.Main.run(Main.java:57)"),
    ("apt", "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (apt-get)", "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 991 (apt-get)"),
    ("kernel", "[12345.678901] Out of memory: Killed process 4242 (llama-server) total-vm:40960kB", "[99.000001] Out of memory: Killed process 17 (llama-server) total-vm:81920kB"),
    ("cuda", "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity)", "CUDA out of memory. Tried to allocate 512.00 MiB (GPU 0; 24.00 GiB total capacity)"),
    ("llama.cpp", "llama_model_load: error loading model: tensor 'blk.0.attn_q.weight' data is not within the file bounds (offset 4096)", "llama_model_load: error loading model: tensor 'blk.0.attn_q.weight' data is not within the file bounds (offset 81920)"),
    ("qdrant", "Wrong input: Vector dimension error: expected dim: 384, got 768 in segment 5f6b1c0e-1111-4222-8333-944445555666", "Wrong input: Vector dimension error: expected dim: 1024, got 256 in segment 0a0b0c0d-9999-4888-8777-655554444333"),
    ("coordinator", "health check of http://127.0.0.1:8003/health failed after 3 tries", "health check of http://127.0.0.1:8003/health failed after 5 tries"),
    ("coordinator", "HTTP 503 from the embedding service after 1.2 s, request 5f6b1c0e-1111-4222-8333-944445555666", "HTTP 503 from the embedding service after 30 s, request 0a0b0c0d-9999-4888-8777-655554444333"),
    ("apparmor", 'apparmor="DENIED" operation="open" profile="dashboard" name="/dev/tty" pid=4242 comm="uvicorn"', 'apparmor="DENIED" operation="open" profile="dashboard" name="/dev/tty" pid=17 comm="uvicorn"'),
]  # fmt: skip
"""Tool, and one error as two machines print it."""

TWO_LESSONS = [
    ("http", "HTTP 404 from the registry", "HTTP 500 from the registry"),
    ("http", "HTTP/1.1 401 for GET /v1/models", "HTTP/1.1 429 for GET /v1/models"),
    ("python", "urllib.error.HTTPError: HTTP Error 403: see the server log", "urllib.error.HTTPError: HTTP Error 502: see the server log"),
    ("git", "The requested URL returned error: 403", "The requested URL returned error: 503"),
    ("openai", "Request failed with status code 401", "Request failed with status code 429"),
    ("openai", '{"error": "upstream", "status": 400}', '{"error": "upstream", "status": 504}'),
    ("shell", "the build script exited with code 127", "the build script exited with code 137"),
    ("make", "make: *** [Makefile:14: all] Error 1", "make: *** [Makefile:14: all] Error 127"),
    ("docker", "The command '/bin/sh -c apt-get update' returned a non-zero code: 100", "The command '/bin/sh -c apt-get update' returned a non-zero code: 137"),
    ("nix", "error: builder for 'hello.drv' failed with exit code 1", "error: builder for 'hello.drv' failed with exit code 139"),
    ("systemd", "qdrant.service: Main process exited, code=exited, status=203/EXEC", "qdrant.service: Main process exited, code=exited, status=217/USER"),
    ("kernel", "worker terminated by signal 9", "worker terminated by signal 11"),
    ("python", "OSError: [Errno 13]: '/srv/data'", "OSError: [Errno 28]: '/srv/data'"),
    ("python", "subprocess.CalledProcessError: Command 'make' returned non-zero exit status 2.", "subprocess.CalledProcessError: Command 'make' died with exit status -9."),
    ("rust", "Failed to open the socket (os error 2)", "Failed to open the socket (os error 13)"),
    ("windows", "The update failed with 0x80070005", "The update failed with 0x80070002"),
    ("postgres", "query failed: SQLSTATE 42P01", "query failed: SQLSTATE 23505"),
    ("mysql", "ERROR 1045 (28000): see the log", "ERROR 2002 (28000): see the log"),
    ("rustc", "error[E0308]: see rustc --explain", "error[E0382]: see rustc --explain"),
    ("tsc", "error TS2304: in app.ts", "error TS2322: in app.ts"),
    ("oracle", "ORA-00942: see the alert log", "ORA-12154: see the alert log"),
    ("gcc", "a.c:3:10: error: 'foo' undeclared", "a.c:3:10: error: 'bar' undeclared"),
    ("gcc", "fatal error: zlib.h: No such file or directory", "fatal error: openssl/ssl.h: No such file or directory"),
    ("ld", "undefined reference to `sqrt'", "undefined reference to `pthread_create'"),
    ("pip", "No matching distribution found for torch", "No matching distribution found for torchvision"),
    ("python", "ModuleNotFoundError: No module named 'yaml'", "ModuleNotFoundError: No module named 'toml'"),
    ("python", "KeyError: 'id'", "KeyError: 'name'"),
    ("glibc", "/lib/libc.so.6: version `GLIBC_2.34' not found", "/lib/libc.so.6: version `GLIBC_2.38' not found"),
    ("ld", "cannot open shared object file: libssl.so.1", "cannot open shared object file: libssl.so.3"),
    ("npm", "npm ERR! code ENOENT", "npm ERR! code EACCES"),
    ("systemd", "Failed to start nginx.service.", "Failed to start qdrant.service."),
    ("nix", "error: attribute 'foo' missing", "error: attribute 'bar' missing"),
    ("ssh", "Permission denied (publickey).", "Permission denied (publickey,password)."),
    ("curl", "curl: (6) see --verbose", "curl: (28) see --verbose"),
    ("python", "requires Python 3.11 or later", "requires Python 3.13 or later"),
    ("node", "Error: listen EADDRINUSE: address already in use :::3000", "Error: listen EADDRINUSE: address already in use :::8080"),
    ("docker", "Bind for 0.0.0.0:80 failed: port is already allocated", "Bind for 0.0.0.0:5432 failed: port is already allocated"),
    ("curl", "SSL certificate problem: certificate has expired", "SSL certificate problem: self-signed certificate"),
    ("postgres", 'relation "users" does not exist', 'relation "events" does not exist'),
    ("apparmor", 'apparmor="DENIED" operation="open" name="/dev/tty"', 'apparmor="DENIED" operation="exec" name="/dev/tty"'),
    ("apt", "E: Unable to locate package jq", "E: Unable to locate package yq"),
    ("java", "UnsupportedClassVersionError: class file version of Java17", "UnsupportedClassVersionError: class file version of Java21"),
]  # fmt: skip
"""Tool, and two errors that want two solutions."""

FOLDED_ALL_THE_SAME = [
    ("count", "expected 2 arguments, but got 3", "expected 4 arguments, but got 1"),
    ("version", "library version: 535.183", "library version: 550.54"),
]
"""Numbers that matter and look like any other: a field of its own must tell such lessons apart."""

APART_ALL_THE_SAME = [
    (
        "gcc",
        "/srv/one/src/a.c:3:10: error: 'foo' undeclared",
        "/opt/two/src/a.c:3:10: error: 'foo' undeclared",
    ),
    ("locale", "No such file or directory", "Datei oder Verzeichnis nicht gefunden"),
]
"""The same error in other words, or on another path that is nobody's home."""

KINDS = {
    "compilers and builds": "gcc ld glibc cmake make rustc cargo tsc",
    "packages": "npm pip apt nix",
    "runtimes": "node python asyncio go java rust shell windows",
    "services": "systemd docker git ssh curl http openai qdrant coordinator",
    "databases": "postgres mysql oracle",
    "kernel and GPU": "kernel apparmor cuda llama.cpp",
}
"""The tools by kind."""
