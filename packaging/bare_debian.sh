#!/usr/bin/env bash
# Installs the Debian package in a bare Debian, starts and uses it there, removes it; needs root,
# debootstrap and the network. ROOT names a folder to keep; otherwise a new one is made and removed.
#
#     packaging/bare_debian.sh dist/trephine_0.1.0_amd64.deb
set -euo pipefail
package=$(realpath "$1")
suite=${SUITE:-bookworm}
root=${ROOT:-$(mktemp -d)}

leave() {
    for place in dev/shm proc; do
        mountpoint -q "$root/$place" && umount "$root/$place"
    done
    [[ -n "${ROOT:-}" ]] || rm -rf --one-file-system "$root"
}
trap leave EXIT

[[ -x "$root/usr/bin/dpkg" ]] || debootstrap --variant=minbase "$suite" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/trephine.deb"
mount -t proc proc "$root/proc"
mkdir -p "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/user LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

inside apt-get -q update
inside apt-get -q install -y --no-install-recommends xvfb xauth
inside apt-get -q install -y --no-install-recommends /trephine.deb
inside sh -c '! command -v python3 || { echo "This Debian is not bare: it has Python."; exit 1; }'
id=1000
inside sh -c "mkdir -p /home/user && chown $id:$id /home/user"
as_user() { inside setpriv --reuid "$id" --regid "$id" --clear-groups "$@"; }

as_user trephine --version
as_user sh -c 'cd && rm -rf demo && trephine demo --headless -o demo && test -s demo/plan.json'
as_user sh -c "cd && xvfb-run -a -s '-screen 0 1600x1000x24' trephine picture demo/case window.png"
test -s "$root/home/user/window.png"
# As the menu entry has it: a window, that is still there after ten seconds.
command=$(sed -n 's/^Exec=\(.*\) %f$/\1/p' "$root/usr/share/applications/trephine.desktop")
as_user sh -c "cd && xvfb-run -a timeout 15 $command" && status=0 || status=$?
[[ $status == 124 ]] || { echo "The menu entry's program ended with $status."; exit 1; }
echo "sha256 of the plan: $(sha256sum < "$root/home/user/demo/plan.json")"

inside apt-get -q purge -y trephine
left=$(find "$root/usr" "$root/opt" "$root/etc" -name '*trephine*' -print)
[[ -z "$left" ]] || { echo "Left behind: $left"; exit 1; }
echo "Installed, started, planned and removed cleanly in a bare $suite."
