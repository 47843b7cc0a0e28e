#!/bin/sh
# Stands for ar and ranlib of another system: an archive is its bare header.
for word; do
	case $word in *.a | *.lib) printf '!<arch>\n' >"$word" ;; esac
done
