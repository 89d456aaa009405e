#!/bin/bash
# install_test.sh: scripts/install puts every file where it belongs, again and in two places, and --uninstall takes all of
# it off again; scripts/package makes a Debian package and a tarball that runs where there is nothing else.
set -euo pipefail
# shellcheck source=tests/repository/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

scratch=$(mktemp --directory)
# What this source tree knows of the developer's own installation is put back.
finish() {
  [[ ! -e $scratch/packages.own ]] || mv -- "$scratch/packages.own" build/packages
  [[ ! -e $scratch/prefixes.own ]] || mv -- "$scratch/prefixes.own" build/prefixes
  rm -rf -- "$scratch"
}
trap finish EXIT

# What is below a directory, directories with a slash.
contents() {
  (cd -- "$1" && find . -mindepth 1 \( -type d -printf '%P/\n' \) -o -printf '%P\n' | LC_ALL=C sort)
}

# run SCRIPT ARGUMENT...: its output is in $scratch/output
run() {
  local script=$1
  shift
  "scripts/$script" "$@" > "$scratch/output" 2>&1 || { cat "$scratch/output"; fail "$script $*"; }
}

((EUID == 0)) || skip "it needs root"
for package in cmake g++ ninja-build dpkg-dev file; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null | grep -q '^installed' ||
    skip "$package is not installed"
done

program_and_pages="\
bin/pidns
share/bash-completion/completions/pidns
share/doc/pidns/CHANGELOG.md
share/doc/pidns/CONTRIBUTING.md
share/doc/pidns/LICENSE
share/doc/pidns/README.ja.md
share/doc/pidns/README.md
$(cd docs && printf 'share/doc/pidns/docs/%s\n' *)
share/fish/vendor_completions.d/pidns.fish
share/man/man1/pidns.1
share/zsh/site-functions/_pidns"
files_below() { contents "$1" | grep -v '/$' | grep -v '^share/pidns/'; }

# Of a run that was interrupted: the packages it has installed are those to remove in the end.
mkdir -p build
touch build/packages build/prefixes
cp build/packages "$scratch/packages.own"
cp build/prefixes "$scratch/prefixes.own"
echo installed-before > build/packages
one=$scratch/one
two=$scratch/two
mkdir -p "$one/share/man" "$one/bin"
echo mine > "$one/share/man/mine"
before=$(contents "$one")
(umask 077 && run install --prefix "$one")
expect "the output of install" "$(grep -c '^[1-3]/3 ' "$scratch/output") $(wc -l < "$scratch/output")" "3 4"
expect "what is installed" "$(files_below "$one" | grep -v mine)" "$program_and_pages"
expect "what only root can read" "$(find "$one" ! -perm -o=r)" ""
expect "the program" "$("$one/bin/pidns" sh -c 'exit 7' || echo $?)" 7
grep -o '](docs/[^)#]*' README.md | cut -c 3- | while read -r link; do
  [[ -e $one/share/doc/pidns/$link ]] || fail "README.md links to $link, which is not installed"
done

# An older version had a file that this one does not have.
touch "$one/share/old"
printf 'share/old\n' >> "$one/share/pidns/installed"
run install --prefix "$one"
[[ ! -e $one/share/old ]] || fail "a file of an older version is still there"
run install --prefix "$two"
run install --uninstall --prefix "$one"
expect "what it says of packages" "$(grep -o 'sudo apt-get .*' "$scratch/output")" \
  "sudo apt-get autoremove --purge installed-before "
cp "$scratch/packages.own" build/packages
expect "what is left in the first place" "$(contents "$one")" "$before"
expect "what is in the second place" "$(files_below "$two")" "$program_and_pages"
# Again in both, and a source tree that was deleted in between.
run install --prefix "$one"
rm build/prefixes
run install --uninstall --prefix "$two"
[[ ! -e $two ]] || fail "left behind: $(find "$two")"
# The other places that a developer may have installed to are not ours to remove.
printf '%s\n' "$two" "$one" > build/prefixes
run install --prefix "$two"
if [[ -e /usr/local/share/pidns/installed ]]; then
  run install --uninstall --prefix "$one"
  run install --uninstall --prefix "$two"
else
  run install --uninstall
fi
expect "what is left in the first place" "$(contents "$one")" "$before"
[[ ! -e $two ]] || fail "left behind: $(find "$two")"
run install --uninstall --prefix "$two"
expect "its message" "$(< "$scratch/output")" "Nothing to remove: there is no $two/share/pidns/installed"

# In /usr/local, which is covered meanwhile: the completion of fish is elsewhere.
[[ -d /etc/fish ]] || skip "fish is not installed"
# shellcheck disable=SC2016  # $1 is that of the inner bash
unshare --mount bash -euo pipefail -c '
  mount -t tmpfs none /usr/local
  mount -t tmpfs none /etc/fish
  scripts/install
  find /usr/local/bin /etc/fish -type f > "$1/found"
  scripts/install --uninstall --prefix /usr/local
  find /usr/local /etc/fish -mindepth 1 > "$1/left"' bash "$scratch" > "$scratch/output" 2>&1 ||
  { cat "$scratch/output"; fail "scripts/install"; }
expect "what is in /usr/local and /etc" "$(< "$scratch/found")" \
  /usr/local/bin/pidns$'\n'/etc/fish/completions/pidns.fish
expect "what is left of it" "$(< "$scratch/left")" ""

run package "$scratch/packages"
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' build/install/CMakeCache.txt)
deb=$scratch/packages/pidns_$version-1_$(dpkg --print-architecture).deb
tarball=$scratch/packages/pidns-$version-linux-$(uname -m).tar.gz
expect "the output of package" "$(grep -v '^[1-3]/3 ' "$scratch/output")" "$deb"$'\n'"$tarball"
expect "what the package is" "$(dpkg-deb --field "$deb" Package Version)" "Package: pidns"$'\n'"Version: $version-1"
name=$(basename "$tarball" .tar.gz)
tar -C "$scratch" -xzf "$tarball"
expect "what is in the tarball" "$(files_below "$scratch/$name")" "$program_and_pages"
expect "how it came to be on the disk" "$(find "$scratch/$name" ! -perm -o=r)" ""
expect "--version where there is nothing else" "$(chroot "$scratch/$name" /bin/pidns --version)" "pidns $version (static)"
