# home-manager: services.git-fedlearn, with timers of the user.
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
  options.services.git-fedlearn = import ./options.nix {
    inherit lib;
    package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
  };

  config = lib.mkIf cfg.enable {
    home.packages = [ cfg.package ];

    systemd.user.services = lib.mapAttrs' (
      name: job:
      lib.nameValuePair "git-fedlearn-${name}" {
        Unit.Description = job.description;
        Service = {
          Type = "oneshot";
          Environment = "PATH=${
            lib.makeBinPath [
              pkgs.coreutils # the hooks run cat
              pkgs.git
              pkgs.openssh
              cfg.package
            ]
          }";
          ExecStartPre = job.install;
          ExecStart = job.command;
          Nice = 10;
        };
      }
    ) jobs;

    systemd.user.timers = lib.mapAttrs' (
      name: job:
      lib.nameValuePair "git-fedlearn-${name}" {
        Unit.Description = job.description;
        Timer = {
          OnCalendar = job.when;
          Persistent = true;
          RandomizedDelaySec = "5m";
        };
        Install.WantedBy = [ "timers.target" ];
      }
    ) jobs;
  };
}
