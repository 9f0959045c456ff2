#!/usr/bin/env bash
# Installs the Debian package in a bare Debian, starts and uses it there, removes it; needs root,
# debootstrap and the network. ROOT names a folder to keep; otherwise a new one is made and removed.
# PICTURES names a folder for what was seen.
#
#     packaging/bare_debian.sh dist/trephine_VERSION_amd64.deb
set -euo pipefail
package=$(realpath "$1")
suite=${SUITE:-bookworm}
root=${ROOT:-$(mktemp -d)}
home=/home/user

leave() {
    for place in dev/shm proc; do
        mountpoint -q "$root/$place" && umount "$root/$place"
    done
    [[ -n "${ROOT:-}" ]] || rm -rf --one-file-system "$root"
}
trap leave EXIT

[[ -x "$root/usr/bin/dpkg" ]] || debootstrap --variant=minbase "$suite" "$root"
chmod 755 "$root" # a new folder is root's alone, and here it is everybody's /
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mkdir -p "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"

inside() {
    # The desktop's name tells xdg-mime whom to ask.
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=$home LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive XDG_CURRENT_DESKTOP=GNOME "$@"
}
files() {
    (cd "$root" && find usr opt etc var/lib -xdev \
        -not -path 'var/lib/dpkg/*' -not -path 'var/lib/apt/*' \( -type f -o -type l \) | sort)
}
fail() {
    echo "$*"
    exit 1
}

# What a desktop brings, and what this test looks with; the program itself brings and needs neither.
inside apt-get -q update
inside apt-get -q install -y --no-install-recommends xvfb xauth imagemagick \
    shared-mime-info xdg-utils libglib2.0-bin desktop-file-utils
# All that the package names, and nothing else: then its own files are the difference.
cp "$package" "$root/trephine.deb"
needed=$(dpkg-deb -f "$package" Depends | sed 's/([^)]*)//g; s/,/ /g')
# shellcheck disable=SC2086 # a list of names
inside apt-get -q install -y --no-install-recommends $needed
inside dpkg --purge trephine # of an earlier run
files >"$root/before"
inside dpkg -i /trephine.deb
inside sh -c '! command -v python3' || fail "This Debian is not bare: it has Python."
id=1000
inside sh -c "mkdir -p $home && chown $id:$id $home"
as_user() { inside setpriv --reuid "$id" --regid "$id" --clear-groups "$@"; }
on_screen() { as_user xvfb-run -a -s '-screen 0 1600x1000x24' "$@"; }

as_user trephine --version
as_user sh -c 'cd && rm -rf demo && trephine demo --headless -o demo && test -s demo/plan.json'
on_screen sh -c 'cd && trephine picture demo/case window.png'
test -s "$root$home/window.png"
echo "sha256 of the plan: $(sha256sum <"$root$home/demo/plan.json")"

# The file manager's way: what kind of file it is, which program opens it, and that program.
desktop=/usr/share/applications/trephine.desktop
inside desktop-file-validate $desktop
case=$home/demo/case
for pair in "$case/case.toml application/x-trephine-case" "$case inode/directory"; do
    read -r file kind <<<"$pair"
    found=$(as_user xdg-mime query filetype "$file")
    [[ $found == "$kind" ]] || fail "$file is $found, not $kind."
done
[[ $(as_user xdg-mime query default application/x-trephine-case) == trephine.desktop ]] ||
    fail "A case.toml is not opened by Trephine."
# Read to its end: a pipe that closes early counts as a failure of whoever speaks into it.
openers=$(as_user gio mime inode/directory)
[[ $openers == *trephine.desktop* ]] || fail "No folder can be opened."

# As the menu entry has it, with nothing, with a folder and with the file that it stands for: a
# window that is still there after a while, and shows what was opened.
look() { # NAME SECONDS FILE...
    local name=$1 seconds=$2
    shift 2
    local command
    command=$(sed -n 's/^Exec=\(.*\) %f$/\1/p' "$root$desktop")
    on_screen sh -c "cd; $command \"\$@\" & program=\$!; sleep $seconds
        import -window root \$HOME/$name.png; kill -0 \$program || exit 9
        kill \$program; wait \$program; true" look "$@" ||
        fail "The menu entry's program ended by itself ($name)."
    test "$(as_user convert "$home/$name.png" -format '%k' info:)" -gt "${SHADES:-60}" ||
        fail "$name.png shows nothing."
}
look menu "${SECONDS_A:-15}"
look folder "${SECONDS_B:-30}" $case
look file "${SECONDS_B:-30}" $case/case.toml
if [[ -n "${PICTURES:-}" ]]; then
    mkdir -p "$PICTURES" && cp "$root$home"/{window,menu,folder,file}.png "$PICTURES/"
fi

inside apt-get -q remove -y trephine
inside dpkg --purge trephine
files >"$root/after"
left=$(diff "$root/before" "$root/after" | grep '^[<>]' || true)
[[ -z "$left" ]] || fail "Left behind, or taken along: $left"
[[ -z "$(inside dpkg -l trephine 2>/dev/null | grep '^[a-z][a-z] ' || true)" ]] ||
    fail "dpkg still knows trephine."
echo "Installed, started, planned and removed cleanly in a bare $suite. Kept are the user's own:"
(cd "$root$home" && find . -maxdepth 4 -path '*trephine*' -prune)
