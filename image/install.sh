#!/usr/bin/env bash
# Puts the product into a root folder the way the image has it:  image/install.sh ROOT WHEELS [--dependencies]
#
# ROOT is "/" on a running box, else the folder of a file system that is being built (then as root: it uses
# chroot). WHEELS holds the product's wheel and those of its dependencies, for ROOT's Python and processor.
# --dependencies installs these alone, for an image built in two layers.
set -euo pipefail

root=$(realpath "${1:?usage: image/install.sh ROOT WHEELS [--dependencies]}")
wheels=$(realpath "${2:?usage: image/install.sh ROOT WHEELS [--dependencies]}")
only=${3:-}
source=$(realpath "$(dirname "$0")/..")
home=/opt/twinreel

inside() { if [ "$root" = / ]; then "$@"; else chroot "$root" "$@"; fi; }
put() { install -D -m 0644 "$1" "$root/$2"; }

packages() {
  local store=$root/opt/twinreel-wheels
  [ -x "$root$home/bin/python" ] || inside python3 -m venv "$home"
  cp -r "$wheels" "$store"
  inside "$home/bin/python" -m pip install --isolated --quiet --disable-pip-version-check --no-index \
    --find-links /opt/twinreel-wheels "$@"
  rm -rf "$store"
}

models() {  # beside the package, where it looks for them
  local site
  site=$(echo "$root$home"/lib/python3.*/site-packages)
  install -d "$site/models"
  install -m 0644 "$source"/models/manifest.toml "$source"/models/*.onnx "$site/models/"
  install -d "$site/models/train"  # for twinreel adapt, where the extra [train] is installed
  install -m 0644 "$source"/models/train/*.py "$site/models/train/"
}

system_files() {  # the table of systemd/README.md
  local file name
  for file in "$source"/systemd/*; do
    name=$(basename "$file")
    case $name in
      README.md) ;;
      *.service | *.target | *.path | *.timer | *.mount) put "$file" "usr/lib/systemd/system/$name" ;;
      *.system.conf) put "$file" "usr/lib/systemd/system.conf.d/twinreel.conf" ;;
      *.sysusers) put "$file" usr/lib/sysusers.d/twinreel.conf ;;
      *.tmpfiles) put "$file" usr/lib/tmpfiles.d/twinreel.conf ;;
      *.sysctl*) put "$file" usr/lib/sysctl.d/60-twinreel.conf ;;
      *.modules-load.conf) put "$file" usr/lib/modules-load.d/twinreel.conf ;;
      *.modprobe.conf) put "$file" usr/lib/modprobe.d/twinreel.conf ;;
      *-polkit.rules) put "$file" usr/share/polkit-1/rules.d/50-twinreel.rules ;;
      *.pkla)  # for polkit 0.105, which reads no rules
        [ ! -d "$root/var/lib/polkit-1/localauthority" ] ||
          put "$file" "var/lib/polkit-1/localauthority/10-vendor.d/$name"
        ;;
      *.rules) put "$file" "usr/lib/udev/rules.d/$name" ;;
      *) echo "image/install.sh does not know where systemd/$name goes" >&2; exit 1 ;;
    esac
  done
}

if [ "$only" = --dependencies ]; then
  listed=("$wheels"/*.whl)
  packages "${listed[@]/#$wheels//opt/twinreel-wheels}"
  exit
fi
packages --no-deps --force-reinstall twinreel
inside "$home/bin/python" -m pip --isolated check --disable-pip-version-check
models
system_files
[ -e "$root/etc/twinreel/site.toml" ] || put "$source/image/site.toml" etc/twinreel/site.toml
inside systemd-sysusers
[ "$root" != / ] || systemd-tmpfiles --create  # elsewhere the first boot does it
inside systemctl enable --quiet twinreel.target
