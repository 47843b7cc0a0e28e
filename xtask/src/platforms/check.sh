# Makes the Debian root if it is missing, mounts the project into it and runs cargo there with these arguments.
# Runs in a mount namespace of its own: the kernel removes every mount when its last process ends, however that ends.
# Needs: SOURCE, the project; CACHE, the folder for the root and for what cargo writes; MIRROR, a Debian mirror.
set -eu
root=$CACHE/root

as_debian() {
	for folder in proc dev; do mount --rbind "/$folder" "$1/$folder"; done
	# The machine's way to the network, which may have changed since the last run.
	for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
		if [ -e "$file" ]; then mkdir -p "$1${file%/*}" && cp -L "$file" "$1$file"; fi
	done
}

if [ ! -d "$root" ]; then
	new=$root.new # what an interrupted run left of it is of no use
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
