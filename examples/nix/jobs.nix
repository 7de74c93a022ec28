# What the timers of both modules run, and when.
{ lib, cfg }:
lib.filterAttrs (_: job: job.when != null) {
  sync = {
    when = cfg.sync;
    arguments = "sync --commit";
  };
  federate = {
    when = cfg.federate;
    arguments = "federate";
  };
}
