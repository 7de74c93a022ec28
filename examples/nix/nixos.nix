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
        description = job.description;
        wants = [ "network-online.target" ];
        after = [ "network-online.target" ];
        startAt = job.when;
        path = [
          pkgs.git
          pkgs.openssh
          cfg.package
        ];
        serviceConfig = {
          Type = "oneshot";
          User = cfg.user;
          ExecStartPre = job.install;
          ExecStart = job.command;
          Nice = 10;
          NoNewPrivileges = true;
          ProtectSystem = "full";
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
