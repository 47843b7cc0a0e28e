#!/bin/sh
# Stands for a C compiler of another system. A check links nothing, so what should be compiled becomes an empty file.
# What the compiler is asked about itself is answered by clang.
for word; do
	case $word in -E | -dM | --version | -v | -dumpmachine) exec clang "$@" ;; esac
done
output=
for word; do
	if [ "$output" = next ]; then
		: >"$word"
		exit
	fi
	case $word in
	-o) output=next ;;
	-o?*) : >"${word#-o}" ;;
	esac
done
