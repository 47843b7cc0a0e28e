#!/bin/sh
# Replaces ar and ranlib of another system: writes an archive that has only a header.
for word; do
	case $word in *.a | *.lib) printf '!<arch>\n' >"$word" ;; esac
done
