# git-fedlearn for NixOS and home-manager: a package, two modules, and a shell to try it in.
{
  description = "git-fedlearn: what a local AI stack learns, shared by plain git";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      forAllSystems = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = forAllSystems (pkgs: {
        default = pkgs.callPackage ./package.nix { };
      });

      devShells = forAllSystems (pkgs: {
        default = pkgs.mkShell { packages = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ]; };
      });

      homeModules.default = import ./home-manager.nix self;
      nixosModules.default = import ./nixos.nix self;
    };
}
