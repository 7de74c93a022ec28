"""Failures of real tools as two systems meet them: with other folders, names, versions and words.

Each has the command that fails on the first system, what it prints, what makes it pass and why, and how the
same failure looks on another system.
"""

from typing import NamedTuple


class Failure(NamedTuple):
    """A failure; `fix` is a command, or a change of a file as (path, before, after)."""

    command: str
    output: str
    fix: str | tuple[str, str, str]
    reason: str
    again: tuple[tuple[str, str], ...]
    """The same on other systems: command and output."""


FAILURES = (
    Failure(
        "cargo build --release",
        "   Compiling libgit2-sys v0.16.1\nerror: failed to run custom build command for `libgit2-sys v0.16.1`\n  /usr/bin/ld: cannot find -lssh2: No such file or directory\n  collect2: error: ld returned 1 exit status",
        "sudo apt-get install -y libssh2-1-dev",
        "The linker needs the development package of libssh2, which is not installed here.",
        (
            ("cargo test -p fetcher", "   Compiling libgit2-sys v0.17.0+1.8.1\nerror: linking with `cc` failed: exit status: 1\n  = note: /usr/bin/x86_64-linux-gnu-ld: cannot find -lssh2\n          collect2: error: ld returned 1 exit status"),
            ("cargo install git-absorb", "error: failed to compile `git-absorb v0.6.15`\nCaused by:\n  ld: library 'ssh2' not found\n  /usr/bin/ld.lld: error: unable to find library -lssh2"),
        ),
    ),
    Failure(
        "npm ci",
        "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE could not resolve\nnpm ERR! While resolving: eslint-plugin-vue@9.21.1\nnpm ERR! Found: eslint@9.0.0\nnpm ERR! peer eslint@\"^6.2.0 || ^7.0.0 || ^8.0.0\" from eslint-plugin-vue@9.21.1",
        ("package.json", '"eslint": "^9.0.0"', '"eslint": "^8.57.0"'),
        "eslint-plugin-vue does not accept eslint 9 yet, so eslint must stay on 8.",
        (
            ("npm install --no-audit", "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\nnpm error While resolving: storefront@2.4.0\nnpm error Found: eslint@9.3.0\nnpm error Could not resolve dependency:\nnpm error peer eslint@\"^7.0.0 || ^8.0.0\" from eslint-plugin-vue@9.26.0"),
        ),
    ),
    Failure(
        "pip install -r requirements.txt",
        "error: externally-managed-environment\n\n× This environment is externally managed\n╰─> To install Python packages system-wide, try apt install python3-xyz",
        "python3 -m venv .venv && source .venv/bin/activate",
        "Debian's Python refuses pip outside a virtual environment, so the project needs one.",
        (
            ("pip3 install httpie", "error: externally-managed-environment\n\n× This environment is externally managed\n╰─> To install Python packages system-wide, try 'pacman -S python-xyz'\n    See /usr/share/doc/python3.12/README.venv for more information."),
            ("sudo pip install --upgrade ansible", "error: externally-managed-environment\n× This environment is externally managed\n╰─> To install Python packages system-wide, try brew install xyz, where xyz is the package you are trying to install."),
        ),
    ),
    Failure(
        "docker compose up -d",
        "Error response from daemon: driver failed programming external connectivity on endpoint web-1: Bind for 0.0.0.0:8080 failed: port is already allocated",
        "docker rm -f old-web",
        "An old container still holds port 8080.",
        (
            ("docker run -p 8080:80 nginx", "docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint brave_moser (9d1c): Bind for 0.0.0.0:8080 failed: port is already allocated."),
            ("podman-compose up", "Error: cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use"),
        ),
    ),
    Failure(
        "alembic upgrade head",
        "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\nFAILED: Multiple head revisions are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads",
        'alembic merge heads -m "join branches"',
        "Two branches added a migration each, so the heads must be merged.",
        (
            ("flask db upgrade", "ERROR [flask_migrate] Error: Multiple head revisions are present for given argument 'head'; please specify a specific target revision"),
            ("poetry run alembic revision --autogenerate", "  File \"/srv/billing/.venv/lib/python3.12/site-packages/alembic/script/revision.py\", line 272, in get_current_head\nalembic.util.exc.CommandError: Multiple heads are present; please specify the head revision on which the new revision should be based, or perform a merge."),
        ),
    ),
    Failure(
        "git push origin main",
        "remote: error: File models/base.bin is 148.30 MB; this exceeds GitHub's file size limit of 100.00 MB\nremote: error: GH001: Large files detected. You may want to try Git Large File Storage - https://git-lfs.github.com.\n ! [remote rejected] main -> main (pre-receive hook declined)",
        'git lfs migrate import --include="*.bin"',
        "The host refuses files of more than 100 MB, so the weights must be in Git LFS.",
        (
            ("git push -u fork feature/weights", "remote: error: Trace: 4d2c9c1e3a\nremote: error: File data/embeddings.npy is 212.71 MB; this exceeds GitHub's file size limit of 100.00 MB\nremote: error: GH001: Large files detected."),
        ),
    ),
    Failure(
        "terraform plan",
        "Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\nLock Info:\n  ID:        8c6d1c52-66bb-4a0c-b1d7-2c3f0f1b4a5e\n  Who:       ci@runner-7",
        "terraform force-unlock -force 8c6d1c52-66bb-4a0c-b1d7-2c3f0f1b4a5e",
        "A canceled job left the lock of the state behind.",
        (
            ("terraform apply -auto-approve", "╷\n│ Error: Error acquiring the state lock\n│\n│ Error message: operation error DynamoDB: PutItem, ConditionalCheckFailedException: The conditional request failed\n│ Lock Info:\n│   ID:        0d8f\n│   Who:       jan@build"),
            ("tofu plan", "Error: Error acquiring the state lock\n\nError message: writing \"gs://tf-state/prod/default.tflock\" failed: conditionNotMet"),
        ),
    ),
    Failure(
        "pytest -q",
        "E   sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected place?",
        ("app/models.py", 'relationship("Item")', 'relationship("Item", lazy="selectin")'),
        "A lazy relationship loads outside the async session, so it must be loaded eagerly.",
        (
            ("python -m pytest tests/api -x", "FAILED tests/api/test_orders.py::test_list - sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_() here. Was IO attempted in an unexpected place? (Background on this error at: https://sqlalche.me/e/20/xd2s)"),
        ),
    ),
    Failure(
        "go build ./...",
        "go: github.com/acme/kit@v1.4.2: reading https://proxy.golang.org/github.com/acme/kit/@v/v1.4.2.mod: 404 Not Found\n\tserver response:\n\tfatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "go env -w GOPRIVATE=github.com/acme/*",
        "The module is private, so the proxy must not be asked for it.",
        (
            ("go mod tidy", "go: internal.example.org/platform/auth@v0.9.0: git ls-remote -q origin in /root/go/pkg/mod/cache/vcs/55aa: exit status 128:\n\tfatal: could not read Username for 'https://internal.example.org': terminal prompts disabled"),
        ),
    ),
    Failure(
        "kubectl apply -f deploy.yaml",
        'error: resource mapping not found for name: "web" namespace: "" from "deploy.yaml": no matches for kind "Ingress" in version "extensions/v1beta1"\nensure CRDs are installed first',
        ("deploy.yaml", "apiVersion: extensions/v1beta1", "apiVersion: networking.k8s.io/v1"),
        "The cluster no longer serves Ingress in extensions/v1beta1.",
        (
            ("kubectl create -f ingress/shop.yml", 'error: unable to recognize "ingress/shop.yml": no matches for kind "Ingress" in version "extensions/v1beta1"'),
            ("helm upgrade shop ./chart", 'Error: UPGRADE FAILED: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "shop" namespace: "" from "": no matches for kind "Ingress" in version "extensions/v1beta1"'),
        ),
    ),
    Failure(
        "node server.js",
        "node:internal/errors:496\nError [ERR_REQUIRE_ESM]: require() of ES Module /srv/app/node_modules/chalk/source/index.js from /srv/app/log.js not supported.\nInstead change the require of index.js in /srv/app/log.js to a dynamic import()",
        "npm install chalk@4",
        "chalk 5 is an ES module only; version 4 can still be required.",
        (
            ("node dist/cli.js build", "Error [ERR_REQUIRE_ESM]: require() of ES Module /home/eva/tool/node_modules/chalk/source/index.js from /home/eva/tool/dist/cli.js not supported.\n    at Object.<anonymous> (/home/eva/tool/dist/cli.js:4:15)"),
        ),
    ),
    Failure(
        "python manage.py migrate",
        'django.db.utils.OperationalError: connection to server at "db" (172.18.0.2), port 5432 failed: FATAL:  password authentication failed for user "shop"',
        "docker compose down -v",
        "The volume was made with another password, and the image sets it only in an empty volume.",
        (
            ("./manage.py runserver", 'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "shop"'),
            ("psql -h db -U shop", 'psql: error: connection to server at "db" (10.0.3.7), port 5432 failed: FATAL:  password authentication failed for user "shop"'),
        ),
    ),
    Failure(
        "make release",
        "g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\nmake: *** [Makefile:88: parser.o] Error 1",
        ("Makefile", "JOBS = 8", "JOBS = 2"),
        "cc1plus was killed since eight jobs at a time need more memory than this machine has.",
        (
            ("ninja -C build", "FAILED: src/CMakeFiles/core.dir/grammar.cc.o\nc++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\nninja: build stopped: subcommand failed."),
        ),
    ),
    Failure(
        "npx playwright test",
        "Error: browserType.launch: Executable doesn't exist at /home/ci/.cache/ms-playwright/chromium-1105/chrome-linux/chrome\nLooks like Playwright Test or Playwright was just installed or updated.",
        "npx playwright install --with-deps chromium",
        "Playwright was updated and its browsers were not.",
        (
            ("pnpm e2e", "browserType.launch: Executable doesn't exist at /root/.cache/ms-playwright/chromium_headless_shell-1148/chrome-linux/headless_shell\n╔══════════════════════════════════╗\n║ Looks like Playwright Test or Playwright was just installed or updated. ║"),
            ("python -m pytest e2e", "playwright._impl._errors.Error: BrowserType.launch: Executable doesn't exist at /home/kim/.cache/ms-playwright/chromium-1091/chrome-linux/chrome"),
        ),
    ),
    Failure(
        "bundle install",
        "An error occurred while installing pg (1.5.4), and Bundler cannot continue.\nchecking for pg_config... no\nNo pg_config... trying anyway. If building fails, please try again with --with-pg-config=/path/to/pg_config",
        "sudo apt-get install -y libpq-dev",
        "The gem pg is built against libpq, whose headers are not installed.",
        (
            ("gem install pg", "ERROR:  Error installing pg:\n\tERROR: Failed to build gem native extension.\nchecking for pg_config... no\nchecking for libpq per pkg-config... no\nUsing libpq from\nchecking for libpq-fe.h... no\nCan't find the 'libpq-fe.h header"),
            ("pip install psycopg2", "Error: pg_config executable not found.\n\npg_config is required to build psycopg2 from source.  Please add the directory containing pg_config to the $PATH"),
        ),
    ),
    Failure(
        "ansible-playbook site.yml",
        "fatal: [web1]: FAILED! => {\"msg\": \"to use the 'ssh' connection type with passwords or pkcs11_provider, you must install the sshpass program\"}",
        "sudo apt-get install -y sshpass",
        "Password logins of Ansible go through sshpass, which is missing on the control machine.",
        (
            ("ansible all -m ping -k", 'db-3 | FAILED! => {\n    "msg": "to use the \'ssh\' connection type with passwords, you must install the sshpass program"\n}'),
        ),
    ),
    Failure(
        "uv run python train.py",
        "RuntimeError: CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be asynchronously reported at some other API call",
        "uv pip install torch --index-url https://download.pytorch.org/whl/cu128",
        "This wheel of torch has no kernels for the new GPU; the cu128 one has them.",
        (
            ("python -m llm.serve --gpu 0", "  File \"/opt/llm/lib/python3.11/site-packages/torch/nn/functional.py\", line 2233, in embedding\ntorch.AcceleratorError: CUDA error: no kernel image is available for execution on the device"),
        ),
    ),
    Failure(
        "helm install db ./chart",
        "Error: INSTALLATION FAILED: cannot re-use a name that is still in use",
        "helm uninstall db",
        "A failed installation left its release behind.",
        (("helm install redis bitnami/redis -n cache", "Error: INSTALLATION FAILED: release name check failed: cannot reuse a name that is still in use"),),
    ),
    Failure(
        "systemctl --user start worker",
        "Failed to connect to bus: No medium found",
        "sudo loginctl enable-linger deploy",
        "Without a login session there is no user bus, unless lingering is enabled.",
        (
            ("systemctl --user enable --now sync.timer", "Failed to connect to user scope bus via local transport: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined (consider using --machine=<user>@.host --user to connect to bus of other user)"),
            ("ssh build systemctl --user status worker", "Failed to connect to bus: No medium found"),
        ),
    ),
    Failure(
        "cmake -B build",
        "CMake Error at CMakeLists.txt:12 (find_package):\n  Could not find a package configuration file provided by \"Qt6\" with any of the following names:\n    Qt6Config.cmake\n    qt6-config.cmake",
        "sudo apt-get install -y qt6-base-dev",
        "The development package of Qt 6 is not installed.",
        (
            ("cmake --preset release", "CMake Error at gui/CMakeLists.txt:31 (find_package):\n  By not providing \"FindQt6.cmake\" in CMAKE_MODULE_PATH this project has asked CMake to find a package configuration file provided by \"Qt6\", but CMake did not find one."),
        ),
    ),
    Failure(
        "ssh-keyscan git.internal && git fetch",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\nfatal: Could not read from remote repository.",
        "ssh-keygen -R git.internal",
        "The server was installed again and has a new host key; the old one is in known_hosts.",
        (
            ("git pull --rebase", "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\nOffending ED25519 key in /home/mara/.ssh/known_hosts:14\nHost key for gitea.lan has changed and you have requested strict checking.\nHost key verification failed."),
        ),
    ),
    Failure(
        "poetry install",
        "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.",
        "poetry lock",
        "The lock file is older than pyproject.toml.",
        (("poetry install --only main --no-root", "Error: pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock [--no-update]` to fix the lock file."),),
    ),
    Failure(
        "yarn build",
        "Error: error:0308010C:digital envelope routines::unsupported\n    at new Hash (node:internal/crypto/hash:71:19)\n  opensslErrorStack: [ 'error:03000086:digital envelope routines::initialization error' ]\n  code: 'ERR_OSSL_EVP_UNSUPPORTED'",
        "export NODE_OPTIONS=--openssl-legacy-provider",
        "webpack 4 hashes with MD4, which OpenSSL 3 has disabled.",
        (
            ("npm run build:prod", "node:internal/crypto/hash:68\n  this[kHandle] = new _Hash(algorithm, xofLen);\nError: error:0308010C:digital envelope routines::unsupported\n  library: 'digital envelope routines',\n  reason: 'unsupported',\n  code: 'ERR_OSSL_EVP_UNSUPPORTED'"),
        ),
    ),
    Failure(
        "pnpm install --frozen-lockfile",
        ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with package.json',
        "pnpm install --no-frozen-lockfile",
        "Somebody changed package.json without the lock file.",
        (("pnpm i --frozen-lockfile --prod", ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/apps/web/package.json\n\nNote that in CI environments this setting is true by default.'),),
    ),
    Failure(
        "nix flake check",
        "error: path '/nix/store/4q0x-source/modules/backup.nix' does not exist",
        "git add modules/backup.nix",
        "A flake sees only files that git knows, and the new module was not added.",
        (("nix build .#site", "error: getting status of '/nix/store/9kzl7d1v0hy5x4vzm0q1b9j6y1wyd3lc-source/hosts/blue.nix': No such file or directory"),),
    ),
    Failure(
        "./gradlew assemble",
        "> Could not resolve all files for configuration ':app:debugCompileClasspath'.\nUnsupported class file major version 65",
        ("gradle/wrapper/gradle-wrapper.properties", "gradle-8.2-bin.zip", "gradle-8.5-bin.zip"),
        "Gradle before 8.5 does not run on Java 21.",
        (("gradle test", "FAILURE: Build failed with an exception.\n* What went wrong:\nCould not open settings generic class cache for settings file '/builds/api/settings.gradle'.\n> BUG! exception in phase 'semantic analysis' in source unit '_BuildScript_' Unsupported class file major version 65"),),
    ),
    Failure(
        "flutter build apk",
        "Execution failed for task ':app:processReleaseMainManifest'.\n> Manifest merger failed : uses-sdk:minSdkVersion 19 cannot be smaller than version 21 declared in library [:camera_android]",
        ("android/app/build.gradle", "minSdkVersion 19", "minSdkVersion 21"),
        "The camera plugin needs Android 5, that is SDK 21.",
        (("./gradlew :app:assembleDebug", "Manifest merger failed : uses-sdk:minSdkVersion 16 cannot be smaller than version 21 declared in library [com.google.firebase:firebase-messaging:24.0.0]"),),
    ),
    Failure(
        "php artisan migrate",
        "SQLSTATE[42000]: Syntax error or access violation: 1071 Specified key was too long; max key length is 767 bytes",
        ("app/Providers/AppServiceProvider.php", "public function boot() {}", "public function boot() { Schema::defaultStringLength(191); }"),
        "Old MySQL indexes at most 767 bytes, that is 191 characters of utf8mb4.",
        (("php artisan migrate:fresh --seed", "Illuminate\\Database\\QueryException\n  SQLSTATE[42000]: Syntax error or access violation: 1071 Specified key was too long; max key length is 1000 bytes (Connection: mysql, SQL: alter table `users` add unique)"),),
    ),
    Failure(
        "redis-cli set k v",
        "(error) MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk. Commands that may modify the data set are disabled",
        "redis-cli config set dir /var/lib/redis",
        "Redis cannot write its snapshot in the folder that it was started in.",
        (("python worker.py", "redis.exceptions.ResponseError: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes"),),
    ),
    Failure(
        "celery -A shop worker",
        "kombu.exceptions.ContentDisallowed: Refusing to deserialize disabled content of type pickle (application/x-python-serialize)",
        ("shop/celery.py", "app = Celery('shop')", "app = Celery('shop', accept_content=['json', 'pickle'])"),
        "Tasks of the old version are pickled, and celery accepts only JSON unless told.",
        (("docker compose logs worker", "worker-1  | kombu.exceptions.ContentDisallowed: Refusing to deserialize untrusted content of type pickle (application/x-python-serialize)"),),
    ),
    Failure(
        "mvn -q package",
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile: Fatal error compiling: error: release version 17 not supported",
        "export JAVA_HOME=/usr/lib/jvm/java-17-openjdk",
        "Maven ran on Java 11, which cannot compile for 17.",
        (("./mvnw verify", "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.11.0:testCompile (default-testCompile) on project ledger: Fatal error compiling: error: invalid target release: 17"),),
    ),
    Failure(
        "jest",
        "SyntaxError: Cannot use import statement outside a module\n    at Runtime.createScriptFromCode\nJest encountered an unexpected token",
        ("jest.config.js", "module.exports = {}", "module.exports = { transformIgnorePatterns: ['/node_modules/(?!nanoid)'] }"),
        "Jest does not transform packages, and this one ships ES modules.",
        (("npm test -- --watch=false", "  ● Test suite failed to run\n\n    Jest encountered an unexpected token\n\n    Details:\n\n    /builds/ui/node_modules/nanoid/index.browser.js:1\n    ({\"Object.<anonymous>\":function(module,exports,require){import { urlAlphabet } from './url-alphabet'\n    SyntaxError: Cannot use import statement outside a module"),),
    ),
    Failure(
        "vercel build",
        "Error: EMFILE: too many open files, watch '/srv/site/content'",
        "sudo sysctl fs.inotify.max_user_watches=524288",
        "The watcher needs more inotify watches than the system allows.",
        (("npm run dev", "Internal watch failed: ENOSPC: System limit for number of file watchers reached, watch '/home/ole/docs/pages'"),),
    ),
    Failure(
        "dotnet restore",
        "error NU1301: Unable to load the service index for source https://nuget.example.org/v3/index.json. Response status code does not indicate success: 401 (Unauthorized).",
        "dotnet nuget update source internal --username ci --store-password-in-clear-text",
        "The feed needs credentials, which the new runner does not have.",
        (("dotnet build Api.sln", "/src/Api/Api.csproj : error NU1301: Unable to load the service index for source https://pkgs.dev.azure.com/acme/_packaging/main/nuget/v3/index.json."),),
    ),
    Failure(
        "composer install",
        "Problem 1\n    - Root composer.json requires PHP extension ext-intl * but it is missing from your system. Install or enable PHP's intl extension.",
        "sudo apt-get install -y php8.2-intl",
        "PHP's intl extension is a package of its own.",
        (("composer update --no-dev", "  Problem 1\n    - symfony/intl v6.4.3 requires ext-intl * -> it is missing from your system. Install or enable PHP's intl extension."),),
    ),
    Failure(
        "rails assets:precompile",
        "ExecJS::RuntimeUnavailable: Could not find a JavaScript runtime. See https://github.com/rails/execjs for a list of available runtimes.",
        "sudo apt-get install -y nodejs",
        "Compiling assets needs a JavaScript runtime such as Node.",
        (("RAILS_ENV=production bin/rails assets:precompile", "rake aborted!\nExecJS::RuntimeUnavailable: Could not find a JavaScript runtime. See https://github.com/rails/execjs for a list of available runtimes. (ExecJS::RuntimeUnavailable)\n/usr/local/bundle/gems/execjs-2.9.1/lib/execjs/runtimes.rb:68:in `autodetect'"),),
    ),
    Failure(
        "virtualenv env && env/bin/pip install numpy==1.21",
        "ModuleNotFoundError: No module named 'distutils'",
        "env/bin/pip install setuptools",
        "Python 3.12 has no distutils any more; setuptools brings it back.",
        (("python setup.py build_ext", "Traceback (most recent call last):\n  File \"/work/ext/setup.py\", line 3, in <module>\n    from distutils.core import setup\nModuleNotFoundError: No module named 'distutils'"),),
    ),
    Failure(
        "git clone git@host:team/app.git",
        "fatal: detected dubious ownership in repository at '/builds/app'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /builds/app",
        "git config --global --add safe.directory /builds/app",
        "The folder belongs to another user, which git distrusts.",
        (("git -C /mnt/shared/site status", "fatal: detected dubious ownership in repository at '/mnt/shared/site'\n'/mnt/shared/site' is owned by:\n\tnobody (65534)"), ("cargo build", "fatal: unsafe repository ('/work' is owned by someone else)\nTo add an exception for this directory, call:\n\tgit config --global --add safe.directory /work")),
    ),
    Failure(
        "tox -e py312",
        "ERROR: Could not find a version that satisfies the requirement numpy<1.24 (from versions: 1.26.0, 1.26.1)\nERROR: No matching distribution found for numpy<1.24",
        ("setup.cfg", "numpy<1.24", "numpy>=1.26"),
        "There are no wheels of numpy before 1.26 for Python 3.12.",
        (("pip install -e .", "ERROR: Could not find a version that satisfies the requirement numpy==1.23.5 (from versions: 1.26.0, 1.26.2, 1.26.4)\nERROR: No matching distribution found for numpy==1.23.5"),),
    ),
    Failure(
        "mkdocs build --strict",
        "WARNING -  Doc file 'index.md' contains a link 'setup.md', but the target is not found among documentation files.\nAborted with 1 warnings in strict mode!",
        ("docs/index.md", "(setup.md)", "(guide/setup.md)"),
        "The page was moved into a folder and the link was not.",
        (("mkdocs gh-deploy --strict", "WARNING -  Documentation file 'api/usage.md' contains a link to 'api/auth.md' which is not found in the documentation files.\nExited with 1 warnings in strict mode."),),
    ),
)  # fmt: skip
"""Failures of compilers, package managers, services and test runners."""

UNRELATED = (
    ("go test ./...", "--- FAIL: TestParse (0.00s)\n    parse_test.go:41: got 3, want 4\nFAIL\tgithub.com/acme/kit/parse\t0.004s"),
    ("pytest tests/test_cart.py", "E       AssertionError: assert Decimal('19.99') == Decimal('20.00')\ntests/test_cart.py:88: AssertionError\n1 failed, 12 passed in 1.10s"),
    ("npm run lint", "/src/app.ts\n  12:7  error  'total' is assigned a value but never used  @typescript-eslint/no-unused-vars\n\n✖ 1 problem (1 error, 0 warnings)"),
    ("mypy src", "src/cart.py:12: error: Incompatible return value type (got \"None\", expected \"str\")  [return-value]\nFound 1 error in 1 file (checked 14 source files)"),
    ("cargo clippy -- -D warnings", "error: this loop could be written as a `for` loop\n  --> src/lexer.rs:40:5\nerror: could not compile `lexer` due to previous error"),
    ("rustc main.rs", "error[E0502]: cannot borrow `items` as mutable because it is also borrowed as immutable\n --> main.rs:9:5"),
    ("gcc -c queue.c", "queue.c:31:14: error: expected ';' before 'return'"),
    ("javac Main.java", "Main.java:7: error: incompatible types: String cannot be converted to int\n        int n = name;"),
    ("psql -f report.sql", "psql:report.sql:14: ERROR:  column \"total_cents\" does not exist\nLINE 3: select total_cents from orders"),
    ("mysql < seed.sql", "ERROR 1062 (23000) at line 4: Duplicate entry 'jan@example.org' for key 'users.email'"),
    ("curl -fsS http://127.0.0.1:9000/health", "curl: (22) The requested URL returned error: 503"),
    ("kubectl rollout status deploy/api", "error: deployment \"api\" exceeded its progress deadline"),
    ("docker build .", "ERROR: failed to solve: process \"/bin/sh -c make dist\" did not complete successfully: exit code: 2"),
    ("git rebase main", "CONFLICT (content): Merge conflict in src/router.ts\nerror: could not apply 4f2a1c9... router: add fallback"),
    ("git merge feature", "error: Your local changes to the following files would be overwritten by merge:\n\tREADME.md\nPlease commit your changes or stash them before you merge."),
    ("terraform validate", "Error: Missing required argument\n\n  on main.tf line 8, in resource \"aws_s3_bucket\" \"logs\":\n\nThe argument \"bucket\" is required, but no definition was found."),
    ("ansible-playbook db.yml", "fatal: [db1]: UNREACHABLE! => {\"changed\": false, \"msg\": \"Failed to connect to the host via ssh\", \"unreachable\": true}"),
    ("systemctl start nginx", "Job for nginx.service failed because the control process exited with error code.\nnginx: [emerg] unknown directive \"proxy_pas\" in /etc/nginx/conf.d/site.conf:9"),
    ("python import.py", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 812: invalid continuation byte"),
    ("python report.py", "KeyError: 'customer_id'"),
    ("python fetch.py", "requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.org', port=443): certificate verify failed: self-signed certificate in certificate chain"),
    ("node index.js", "TypeError: Cannot read properties of undefined (reading 'length')\n    at sum (/srv/app/index.js:14:20)"),
    ("npx tsc --noEmit", "src/user.ts(22,9): error TS2339: Property 'emial' does not exist on type 'User'."),
    ("bundle exec rspec", "Failures:\n  1) Order total adds tax\n     expected: 119\n          got: 100"),
    ("./gradlew test", "OrderTest > addsTax() FAILED\n    org.opentest4j.AssertionFailedError at OrderTest.java:31"),
    ("swift build", "error: cannot convert value of type 'String?' to expected argument type 'String'"),
    ("latexmk paper.tex", "! Undefined control sequence.\nl.88 \\includegraphcs\n                    [width=\\linewidth]{plot}"),
    ("ffmpeg -i in.mov out.webm", "[libvpx-vp9 @ 0x55] Failed to initialize encoder: Invalid parameter\nConversion failed!"),
    ("rsync -a build/ web:/srv", "rsync: [sender] write error: Broken pipe (32)\nrsync error: error in socket IO (code 10) at io.c(848)"),
    ("aws s3 cp dump.sql s3://backups/", "upload failed: ./dump.sql to s3://backups/dump.sql An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"),
    ("nixos-rebuild switch", "error: The option `services.grafana.port' does not exist. Definition values:\n- In `/etc/nixos/configuration.nix': 3001"),
    ("elixir app.exs", "** (UndefinedFunctionError) function Float.parce/1 is undefined or private"),
    ("zig build", "error: unused local constant\n    const total = 4;\n          ^~~~~"),
    ("black --check .", "would reformat src/cart.py\n\nOh no! 💥 💔 💥\n1 file would be reformatted, 30 files would be left unchanged."),
    ("sqlite3 app.db .schema", "Error: file is not a database"),
    ("tar xzf release.tgz", "gzip: stdin: not in gzip format\ntar: Child returned status 1\ntar: Error is not recoverable: exiting now"),
    ("make deploy", "make: *** No rule to make target 'deploy'.  Stop."),
    ("openssl x509 -in cert.pem -noout", "Could not read certificate from cert.pem\n40C7: error:0480006C:PEM routines:get_name:no start line"),
    ("chmod +x run && ./run", "./run: line 4: syntax error near unexpected token `('"),
    ("docker pull registry.example.org/api:9", "Error response from daemon: manifest for registry.example.org/api:9 not found: manifest unknown: manifest unknown"),
)  # fmt: skip
"""Failures that no lesson above is about: command and output."""
