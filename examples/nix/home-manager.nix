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
  program = "${cfg.package}/bin/git-fedlearn";
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
        Unit.Description = "git fedlearn ${job.arguments} in ${cfg.repository}";
        Service = {
          Type = "oneshot";
          Environment = [
            "PATH=${
              lib.makeBinPath [
                pkgs.git
                pkgs.openssh
                cfg.package
              ]
            }"
          ]
          ++ lib.optional (cfg.source != null) "AI_STACK_DATA=${cfg.source}";
          # The driver and the hooks name a store path, which an upgrade changes.
          ExecStartPre = "${program} --quiet -C ${lib.escapeShellArg cfg.repository} install";
          ExecStart = "${program} -C ${lib.escapeShellArg cfg.repository} ${job.arguments}";
          Nice = 10;
        };
      }
    ) jobs;

    systemd.user.timers = lib.mapAttrs' (
      name: job:
      lib.nameValuePair "git-fedlearn-${name}" {
        Unit.Description = "git fedlearn ${job.arguments} in ${cfg.repository}";
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
