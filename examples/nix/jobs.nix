# What the timers of both modules run, and when. Each text is quoted as systemd.service(5) needs it.
{ lib, cfg }:
let
  escape = builtins.replaceStrings [ "%" ] [ "%%" ];
  quote = word: builtins.replaceStrings [ "$" ] [ "$$" ] (escape (builtins.toJSON word));
  run =
    arguments:
    lib.concatMapStringsSep " " quote (
      [
        "${cfg.package}/bin/git-fedlearn"
        "-C"
        cfg.repository
      ]
      ++ arguments
    );
  source = lib.optionals (cfg.source != null) [
    "--source"
    cfg.source
  ];
  job = when: arguments: {
    inherit when;
    description = "git fedlearn ${builtins.head arguments} in ${escape cfg.repository}";
    # The driver and the hooks name a store path, which an upgrade changes.
    install = run [
      "--quiet"
      "install"
    ];
    command = run (arguments ++ source);
  };
in
lib.filterAttrs (_: job: job.when != null) {
  sync = job cfg.sync [
    "sync"
    "--commit"
  ];
  federate = job cfg.federate [ "federate" ];
}
