# Builds with: nix-build -E 'with import <nixpkgs> {}; callPackage ./packaging/nix/package.nix {}'
{
  lib,
  stdenv,
  cmake,
  ninja,
  cli11,
  fmt,
  libcap,
  nlohmann_json,
  spdlog,
  utf8proc,
}:

stdenv.mkDerivation {
  pname = "pidns";
  version = "0.1.0";
  src = lib.cleanSource ../..;

  nativeBuildInputs = [
    cmake
    ninja
  ];
  buildInputs = [
    cli11
    fmt
    libcap
    nlohmann_json
    spdlog
    utf8proc
  ];
  cmakeFlags = [
    (lib.cmakeBool "PIDNS_STATIC" false)
    (lib.cmakeBool "BUILD_TESTING" false)
  ];

  meta = {
    description = "Run a command as PID 1 of a new PID namespace, with a /proc of its own";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "pidns";
  };
}
