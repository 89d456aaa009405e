#!/bin/bash
# package_test.sh BUILD_DIR static|dynamic: the .deb that CPack makes has what a Debian package must have,
# installs, runs, and leaves nothing behind when it is removed. Packed again, it and the tarball are the same.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

build_dir=$1
linkage=$2
scratch=$(mktemp --directory)
trap 'rm -rf -- "$scratch"' EXIT

field() {
  dpkg-deb --field "$package" "$1"
}

# pack DIR: for another umask than the one here, which the package must not show, and a time that is not now.
pack() (
  umask 077
  SOURCE_DATE_EPOCH=1700000000 cpack --config "$build_dir/CPackConfig.cmake" -G "DEB;TGZ" -B "$1" -D CPACK_THREADS=1 \
    > "$scratch/log" || { cat "$scratch/log"; fail "cpack"; }
)

pack "$scratch"
package=$(echo "$scratch"/*.deb)
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build_dir/CMakeCache.txt")
architecture=$(dpkg --print-architecture)
expect "the file's name" "${package##*/}" "pidns_$version-1_$architecture.deb"
expect Package "$(field Package)" pidns
expect Version "$(field Version)" "$version-1"
expect Architecture "$(field Architecture)" "$architecture"
expect Section "$(field Section)" utils
[[ -n $(field Maintainer) ]] || fail "no Maintainer"
expect "its change log" "$(dpkg-deb --fsys-tarfile "$package" | tar -xO ./usr/share/doc/pidns/changelog.Debian.gz |
  zcat | dpkg-parsechangelog --file - | grep '^\(Source\|Version\|Date\)')" "\
Source: pidns
Version: $version-1
Date: Tue, 14 Nov 2023 22:13:20 +0000"
case $linkage in
  static) expect Depends "$(field Depends)" "" ;;
  dynamic) [[ $(field Depends) == *libc6*libspdlog* ]] || fail "Depends misses libraries: $(field Depends)" ;;
esac

# Mode, owner and name; not size and date.
contents=$(dpkg-deb --contents "$package" | awk '{ print $1, $2, $6 }')
expect "the list of files" "$contents" "\
drwxr-xr-x root/root ./usr/
drwxr-xr-x root/root ./usr/bin/
-rwxr-xr-x root/root ./usr/bin/pidns
drwxr-xr-x root/root ./usr/share/
drwxr-xr-x root/root ./usr/share/bash-completion/
drwxr-xr-x root/root ./usr/share/bash-completion/completions/
-rw-r--r-- root/root ./usr/share/bash-completion/completions/pidns
drwxr-xr-x root/root ./usr/share/doc/
drwxr-xr-x root/root ./usr/share/doc/pidns/
-rw-r--r-- root/root ./usr/share/doc/pidns/CONTRIBUTING.md
-rw-r--r-- root/root ./usr/share/doc/pidns/README.ja.md
-rw-r--r-- root/root ./usr/share/doc/pidns/README.md
-rw-r--r-- root/root ./usr/share/doc/pidns/changelog.Debian.gz
-rw-r--r-- root/root ./usr/share/doc/pidns/changelog.gz
-rw-r--r-- root/root ./usr/share/doc/pidns/copyright
drwxr-xr-x root/root ./usr/share/doc/pidns/docs/
$(printf -- '-rw-r--r-- root/root ./usr/share/doc/pidns/%s\n' docs/*)
drwxr-xr-x root/root ./usr/share/fish/
drwxr-xr-x root/root ./usr/share/fish/vendor_completions.d/
-rw-r--r-- root/root ./usr/share/fish/vendor_completions.d/pidns.fish
drwxr-xr-x root/root ./usr/share/lintian/
drwxr-xr-x root/root ./usr/share/lintian/overrides/
-rw-r--r-- root/root ./usr/share/lintian/overrides/pidns
drwxr-xr-x root/root ./usr/share/man/
drwxr-xr-x root/root ./usr/share/man/man1/
-rw-r--r-- root/root ./usr/share/man/man1/pidns.1.gz
drwxr-xr-x root/root ./usr/share/zsh/
drwxr-xr-x root/root ./usr/share/zsh/vendor-completions/
-rw-r--r-- root/root ./usr/share/zsh/vendor-completions/_pidns"

# The libraries of a dynamic program are those of this machine, of which the scratch system knows nothing.
root=$scratch/root
mkdir --parents "$root/var/lib/dpkg"/{info,updates}
touch "$root/var/lib/dpkg/status"
dpkg_in_root=(dpkg --root="$root" --log=/dev/null --force-not-root --force-script-chrootless)
[[ $linkage == static ]] || dpkg_in_root+=(--force-depends)
"${dpkg_in_root[@]}" --install "$package"
expect "its --version" "$("$root/usr/bin/pidns" --version)" "pidns $version ($linkage)"
# shellcheck disable=SC2016  # $$ is for the inner shell
expect "the PID of its command" "$("$root/usr/bin/pidns" sh -c 'echo $$')" 2
expect "its exit status" "$("$root/usr/bin/pidns" sh -c 'exit 7' || echo $?)" 7
expect "the first line of its manual page" "$(zcat "$root/usr/share/man/man1/pidns.1.gz" | head -n 1)" \
  "$(head -n 1 man/pidns.1)"
"${dpkg_in_root[@]}" --purge pidns
[[ ! -e $root/usr ]] || fail "left behind: $(find "$root/usr")"

# From files of another time, as another checkout has them.
touch --date=@1600000000 "$build_dir/man/pidns.1"
pack "$scratch/again"
touch "$build_dir/man/pidns.1"
for file in "${package##*/}" "$(cd -- "$scratch" && echo *.tar.gz)"; do
  cmp "$scratch/$file" "$scratch/again/$file" || fail "$file is another one each time"
done
