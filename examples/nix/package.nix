# The package. What nixpkgs lacks (the embedded search engine and its model) is left out: `search` then needs
# `fedlearn.embedder` and a Qdrant server, everything else works.
{
  lib,
  python3Packages,
  git,
  installShellFiles,
}:

python3Packages.buildPythonApplication {
  pname = "git-fedlearn";
  version = "0.1.0";
  pyproject = true;

  # The source this file lies in. From elsewhere, use fetchFromGitHub or fetchPypi here.
  src = lib.cleanSource ../..;

  build-system = [ python3Packages.hatchling ];

  dependencies = with python3Packages; [
    click
    detect-secrets
    filelock
    google-re2
    httpx
    jmespath
    jsonlines
    msgspec
    phonenumbers
    platformdirs
    pygit2
    python-stdnum
    pyyaml
    rich
    xxhash
  ]
  # The extra [qdrant].
  ++ [ qdrant-client ];

  # nixpkgs has the same module as phonenumbers.
  pythonRemoveDeps = [ "phonenumberslite" ];

  # The wheel brings man pages and completion in share/; nothing is left to install by hand.
  makeWrapperArgs = [ "--suffix PATH : ${lib.makeBinPath [ git ]}" ];

  pythonImportsCheck = [ "git_fedlearn" ];

  # The tests need the network of PyPI's wheels and a dozen programs; `make test` runs them.
  doCheck = false;

  meta = {
    description = "Keep and share what a local AI stack learns, with plain git";
    license = lib.licenses.mit;
    mainProgram = "git-fedlearn";
    platforms = lib.platforms.unix;
  };
}
