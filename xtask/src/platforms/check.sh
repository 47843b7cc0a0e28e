# Creates the Debian chroot if it is missing, mounts the project into it and runs cargo there with the given arguments.
# Runs in its own mount namespace: the kernel removes all mounts when its last process ends, even if it is killed.
# Needs the variables SOURCE (the project), CACHE (the folder for the chroot and the build files), MIRROR (a Debian mirror)
# and PACKAGES (the packages to install in the chroot).
set -eu
root=$CACHE/root

as_debian() {
	for folder in proc dev; do mount --rbind "/$folder" "$1/$folder"; done
	# The machine's network settings, which may have changed since the last run.
	for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
		if [ -e "$file" ]; then mkdir -p "$1${file%/*}" && cp -L "$file" "$1$file"; fi
	done
}

if [ ! -d "$root" ]; then
	new=$root.new # left over from an interrupted run, if it exists: deleted
	rm -rf --one-file-system "$new"
	debootstrap --variant=minbase sid "$new" "$MIRROR"
	echo 'Acquire::Check-Valid-Until "false";' >"$new/etc/apt/apt.conf.d/99mirror"
	echo force-unsafe-io >"$new/etc/dpkg/dpkg.cfg.d/unsafe-io"
	as_debian "$new"
	export DEBIAN_FRONTEND=noninteractive
	chroot "$new" apt-get update -q
	chroot "$new" apt-get install -q --yes --no-install-recommends $PACKAGES
	chroot "$new" apt-get clean
	umount --recursive "$new/proc" "$new/dev"
	mv "$new" "$root"
fi

as_debian "$root"
mkdir -p "$root/source" "$root/build"
mount --bind "$SOURCE" "$root/source"
mount --bind "$CACHE/build" "$root/build"
exec chroot "$root" /usr/bin/env --chdir=/source cargo "$@"
