# The options that both modules share.
{ lib, package }:
{
  enable = lib.mkEnableOption "timers that learn and share with git-fedlearn";

  package = lib.mkOption {
    type = lib.types.package;
    default = package;
    description = "The git-fedlearn to use.";
  };

  repository = lib.mkOption {
    type = lib.types.str;
    example = "/home/mei/lessons";
    description = "The clone to learn into. It must have been made by `git fedlearn clone` or `git fedlearn init`.";
  };

  source = lib.mkOption {
    type = lib.types.nullOr lib.types.str;
    default = null;
    example = "/home/mei/.local/share/nixos-ai-stack";
    description = "The folder the stack writes to; null leaves that to git config fedlearn.source.";
  };

  sync = lib.mkOption {
    type = lib.types.nullOr lib.types.str;
    default = "00/6:00";
    description = "When to learn, as OnCalendar of systemd.time(7); null: never.";
  };

  federate = lib.mkOption {
    type = lib.types.nullOr lib.types.str;
    default = "daily";
    description = "When to share and learn from others, as OnCalendar of systemd.time(7); null: never.";
  };
}
