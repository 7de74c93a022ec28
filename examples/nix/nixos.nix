# NixOS: services.git-fedlearn, with timers of the machine that run as a user.
self:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.git-fedlearn;
  program = "${cfg.package}/bin/git-fedlearn";
  jobs = import ./jobs.nix { inherit lib cfg; };
in
{
  options.services.git-fedlearn =
    import ./options.nix {
      inherit lib;
      package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
    }
    // {
      user = lib.mkOption {
        type = lib.types.str;
        example = "mei";
        description = "Who owns the clone and whose ssh key may push.";
      };
    };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    systemd.services = lib.mapAttrs' (
      name: job:
      lib.nameValuePair "git-fedlearn-${name}" {
        description = "git fedlearn ${job.arguments} in ${cfg.repository}";
        wants = [ "network-online.target" ];
        after = [ "network-online.target" ];
        startAt = job.when;
        path = [
          pkgs.git
          pkgs.openssh
          cfg.package
        ];
        environment = lib.optionalAttrs (cfg.source != null) { AI_STACK_DATA = cfg.source; };
        serviceConfig = {
          Type = "oneshot";
          User = cfg.user;
          # The driver and the hooks name a store path, which an upgrade changes.
          ExecStartPre = "${program} --quiet -C ${lib.escapeShellArg cfg.repository} install";
          ExecStart = "${program} -C ${lib.escapeShellArg cfg.repository} ${job.arguments}";
          Nice = 10;
          NoNewPrivileges = true;
          PrivateTmp = true;
          ProtectSystem = "strict";
          ReadWritePaths = [ cfg.repository ];
        };
      }
    ) jobs;

    systemd.timers = lib.mapAttrs' (
      name: _:
      lib.nameValuePair "git-fedlearn-${name}" {
        timerConfig = {
          Persistent = true;
          RandomizedDelaySec = "5m";
        };
      }
    ) jobs;
  };
}
